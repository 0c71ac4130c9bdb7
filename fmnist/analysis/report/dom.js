// Elements and numbers. Text from the data goes in as text, never as HTML.

const data = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);

function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

function show(id) {
  byId(id).hidden = false;
}

const note = (text) => make("p", { className: "note", textContent: text });

// A cell is a text, or a td of its own.
function table(className, names, rows) {
  const head = names.length ? [make("thead", {}, make("tr", {}, ...names.map((name) => make("th", { textContent: name, scope: "col" }))))] : [];
  const cell = (content) => (content instanceof Element ? content : make("td", { textContent: content }));
  return make("table", { className }, ...head, make("tbody", {}, ...rows.map((row) => make("tr", {}, ...row.map(cell)))));
}

const grouped = (number) => number.toLocaleString("en");

// Four places for a rate, thousands separated for a count.
function formatNumber(value) {
  if (value === null || value === undefined) return "—";
  if (typeof value !== "number") return String(value);
  if (Number.isInteger(value)) return Math.abs(value) < 10000 ? String(value) : grouped(value);
  const size = Math.abs(value);
  if (size >= 1000) return grouped(Math.round(value));
  if (size >= 10 || size === 0) return value.toFixed(1);
  if (size >= 0.001) return value.toFixed(4);
  return value.toExponential(1);
}

// A hyperparameter as typed, only shorter: 0.0927616666648991 is 0.09276.
function short(text) {
  const digits = String(text);
  if (digits.length < 9 || digits.trim() === "" || Number.isNaN(Number(digits))) return digits;
  return String(Number(Number(digits).toPrecision(4)));
}

function asNumber(value) {
  if (typeof value === "number") return value;
  return value === null || value === "" || Number.isNaN(Number(value)) ? null : Number(value);
}

// Numbers by size, then text; missing values come last in either direction.
function compare(a, b, direction) {
  const missing = (value) => value === null || value === undefined;
  if (missing(a) || missing(b)) return missing(a) - missing(b);
  const x = asNumber(a), y = asNumber(b);
  if (x !== null && y !== null) return direction * (x - y);
  if (x !== null || y !== null) return direction * (x === null ? 1 : -1);
  return direction * String(a).localeCompare(String(b));
}

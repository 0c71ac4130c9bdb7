// Light and dark, and plots that follow. plotly reads a little HTML in every label: `plain` takes it away.

const root = document.documentElement;
const plain = (text) => String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
const colour = (name) => getComputedStyle(root).getPropertyValue(`--${name}`).trim();
const isTouch = matchMedia("(pointer: coarse)").matches;
const COLOURS = ["#3b78b8", "#d98032", "#46986b", "#c0545f", "#8468b3", "#a17a4d", "#c566a4", "#2f9fa6", "#8f9436", "#6f7d8c"];
// Viridis, with a lighter beginning: it must be seen on dark paper, too.
const VIRIDIS = [[106, 76, 160], [66, 96, 165], [33, 145, 140], [94, 201, 98], [220, 206, 50]];
const plots = new Map(); // element → function that gives its traces and its layout

// The colour of a share between 0 and 1.
function viridis(share) {
  const at = Math.min(Math.max(share, 0), 1) * (VIRIDIS.length - 1);
  const i = Math.min(Math.floor(at), VIRIDIS.length - 2);
  return `rgb(${VIRIDIS[i].map((low, k) => Math.round(low + (at - i) * (VIRIDIS[i + 1][k] - low))).join(",")})`;
}

function layout(changes) {
  const axis = { gridcolor: colour("line"), linecolor: colour("line"), zeroline: false, automargin: true, tickfont: { size: 11 } };
  const base = {
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", showlegend: false, hovermode: "closest",
    font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: colour("muted") },
    margin: { l: 8, r: 12, t: 34, b: 8 }, dragmode: isTouch ? false : "zoom",
    hoverlabel: { bgcolor: colour("card"), bordercolor: colour("line"), font: { color: colour("ink") }, align: "left", namelength: -1 },
  };
  const { title, xaxis, yaxis, ...rest } = changes;
  return {
    ...base, ...rest,
    title: { text: plain(title ?? ""), x: 0, xanchor: "left", xref: "paper", y: 0.98, yanchor: "top", font: { size: 13, color: colour("ink") } },
    xaxis: { ...axis, ...xaxis }, yaxis: { ...axis, ...yaxis },
  };
}

function draw(element) {
  const { traces, ...changes } = plots.get(element)();
  element.setAttribute("role", "img");
  element.setAttribute("aria-label", `plot: ${changes.title}`);
  Plotly.react(element, traces, layout(changes), { displayModeBar: false, responsive: true, showTips: false });
}

// Far down the page a plot is drawn only when it is about to be seen. plotly comes last in the file, so that everything
// else can be read while the browser is still busy with it.
const watcher = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (!entry.isIntersecting) continue;
    watcher.unobserve(entry.target);
    draw(entry.target);
    entry.target.dataset.drawn = "yes";
  }
}, { rootMargin: "400px" });

function plot(element, content) {
  plots.set(element, content);
}

// Those that have been drawn before: plotly may not be there yet.
function redraw(elements) {
  for (const element of elements) if (element.dataset.drawn) draw(element);
}

// An axis of counts from 0 or 1 to `last` has whole numbers, about ten of them: 1, 2, 5, 10, 20 … apart.
function wholeTicks(last) {
  const size = 10 ** Math.floor(Math.log10(Math.max(last / 10, 1)));
  return { tick0: 0, dtick: [1, 2, 5, 10].map((n) => n * size).find((step) => last / step <= 10) };
}

// Whoever prints sees everything, and as wide as paper: the browser asks for it before it lays the pages out.
function startPrinting() {
  addEventListener("beforeprint", () => {
    root.dataset.print = "yes";
    for (const element of plots.keys()) draw(element);
  });
  addEventListener("afterprint", () => {
    delete root.dataset.print;
    redraw(plots.keys());
  });
}

function startPlots() {
  startPrinting();
  for (const element of plots.keys()) watcher.observe(element);
}

function setTheme(theme) {
  root.dataset.theme = theme;
  byId("theme").textContent = theme === "dark" ? "Light" : "Dark";
  redraw(plots.keys());
}

function startTheme() {
  const system = matchMedia("(prefers-color-scheme: dark)");
  setTheme(system.matches ? "dark" : "light");
  system.addEventListener("change", () => setTheme(system.matches ? "dark" : "light"));
  byId("theme").addEventListener("click", () => setTheme(root.dataset.theme === "dark" ? "light" : "dark"));
}

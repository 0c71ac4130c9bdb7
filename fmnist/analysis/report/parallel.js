// Parallel coordinates in SVG: plotly's need WebGL and eval, which neither every browser nor our policy gives.
// A stretch of an axis is chosen by dragging, or with the arrow keys while the axis has the focus.

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 1100, HEIGHT = 390, TOP = 46, BOTTOM = 352, LEFT = 54, RIGHT = 1046;

function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// Shares between 0 (foot) and 1 (head) for the values of an axis, its ticks, and the stretches that keys step through.
// Trials without the parameter meet at the foot, below the others.
function axisOf(parameter, members, stretch = null) {
  const inner = scaleOf(parameter, members, stretch);
  if (members.every((i) => parameter.values[i] !== null)) return { ...inner, name: parameter.name, values: parameter.values };
  const up = (share) => 0.14 + 0.86 * share;
  return {
    name: parameter.name, values: parameter.values,
    at: (value) => (value === null ? 0 : up(inner.at(value))),
    ticks: [[0, "—"], ...inner.ticks.map(([share, text]) => [up(share), text])],
    stops: [[-0.03, 0.03], ...inner.stops.map((stop) => stop.map(up))],
  };
}

// `stretch` is what is shown of a number; what lies beyond is drawn at its end.
function scaleOf(parameter, members, stretch) {
  const known = members.map((i) => parameter.values[i]).filter((value) => value !== null);
  if (parameter.choices) {
    const last = Math.max(parameter.choices.length - 1, 1), half = 0.4 / last;
    const at = (value) => value / last;
    return {
      at,
      ticks: parameter.choices.map((choice, k) => [at(k), short(choice)]),
      stops: parameter.choices.map((_, k) => [at(k) - half, at(k) + half]),
    };
  }
  const scale = parameter.log ? Math.log : (value) => value;
  const ends = [Math.min(...known), Math.max(...known)];
  const low = stretch ? Math.max(ends[0], stretch[0]) : ends[0];
  const high = stretch ? Math.min(ends[1], stretch[1]) : ends[1];
  const beyond = (share) => (share === 0 && low > ends[0] ? "≤ " : share === 1 && high < ends[1] ? "≥ " : "");
  const isWhole = known.every(Number.isInteger);
  const clamp = (share) => Math.min(Math.max(share, 0), 1);
  const at = (value) => (high === low ? 0.5 : clamp((scale(value) - scale(low)) / (scale(high) - scale(low))));
  const back = (share) => parameter.log ? Math.exp(scale(low) + share * (scale(high) - scale(low))) : low + share * (high - low);
  return {
    at,
    ticks: isWhole && high - low <= 8
      ? Array.from({ length: high - low + 1 }, (_, k) => [at(low + k), String(low + k)])
      : (high === low ? [0.5] : [0, 0.25, 0.5, 0.75, 1]).map((share) => [share, beyond(share) + tickText(back(share))]),
    stops: [0, 0.2, 0.4, 0.6, 0.8].map((share) => [share - 0.001, share + 0.201]),
  };
}

function tickText(value) {
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.001 || size >= 1e5)) return value.toExponential(0);
  return String(Number(value.toPrecision(3)));
}

function parallel(search, complete, name) {
  const sign = search.upwards ? 1 : -1;
  const stretch = goodStretch(complete.map((i) => search.value[i]), search.upwards);
  const objective = { name: search.objective, values: search.value };
  const axes = [...search.parameters, ...search.others, objective].map((one) => axisOf(one, complete, one === objective ? stretch : null));
  const x = (k) => LEFT + (k * (RIGHT - LEFT)) / Math.max(axes.length - 1, 1);
  const y = (share) => BOTTOM - share * (BOTTOM - TOP);
  const order = [...complete].sort((a, b) => sign * (search.value[a] - search.value[b])); // the best are drawn last
  const readout = make("p", { className: "readout", role: "status" });
  const lines = order.map((i, place) => {
    const line = svg("path", { class: "line", d: path(axes, i, x, y), stroke: viridis(place / Math.max(order.length - 1, 1)), opacity: Math.min(0.8, Math.max(0.15, 150 / order.length)) });
    line.addEventListener("pointerenter", () => { line.classList.add("hot"); readout.textContent = describeTrial(search, i).join("  "); });
    line.addEventListener("pointerleave", () => { line.classList.remove("hot"); brushed(); });
    return line;
  });
  function brushed() {
    const isIn = (i) => axes.every((axis) => !axis.band || (axis.at(axis.values[i]) >= axis.band[0] && axis.at(axis.values[i]) <= axis.band[1]));
    const chosen = order.filter((i, place) => !lines[place].classList.toggle("off", !isIn(i)));
    const isAll = axes.every((axis) => !axis.band);
    readout.textContent = isAll ? "" : chosen.length ? `${chosen.length} of ${order.length}; the best: ${describeTrial(search, chosen.at(-1)).join("  ")}` : `0 of ${order.length}`;
  }
  const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "parallel", role: "group", "aria-label": "Parallel coordinates" },
    svg("g", {}, ...lines), ...axes.map((axis, k) => axisElement(axis, x(k), y, k % 2 === 1 && axes.length > 7, brushed)));
  return card(`Parallel coordinates${name}`, null, make("div", { className: "scroll" }, picture), readout,
    note("A line is a complete trial, from dark (worst) to yellow (best). Drag along an axis to choose a stretch, click to let go; with the keyboard: Tab to an axis, arrow keys, Escape."));
}

function path(axes, i, x, y) {
  return axes.map((axis, k) => `${k ? "L" : "M"}${x(k).toFixed(1)} ${y(axis.at(axis.values[i])).toFixed(1)}`).join("");
}

function axisElement(axis, x, y, isLow, changed) {
  const band = svg("rect", { class: "band", x: x - 9, width: 18, y: 0, height: 0 });
  const grip = svg("rect", { class: "grip", x: x - 14, width: 28, y: TOP - 8, height: BOTTOM - TOP + 16 });
  const group = svg("g", { class: "axis", tabindex: 0, role: "slider", "aria-label": axis.name, "aria-valuetext": "all", "aria-valuenow": 0, "aria-valuemin": 0, "aria-valuemax": axis.stops.length },
    svg("line", { x1: x, x2: x, y1: TOP, y2: BOTTOM }), grip, band,
    ...axis.ticks.map(([share, text]) => svg("text", { class: "tick", x: x + 6, y: y(share) + 4 }, text)),
    svg("text", { x, y: isLow ? BOTTOM + 30 : TOP - 20, "text-anchor": "middle" }, axis.name));
  let stop = 0, start = null;
  function choose(from, to) {
    axis.band = from === null ? undefined : [Math.min(from, to), Math.max(from, to)];
    const [low, high] = axis.band ?? [0, 0];
    band.setAttribute("y", y(high));
    band.setAttribute("height", y(low) - y(high));
    group.setAttribute("aria-valuetext", axis.band ? `${low.toFixed(2)} to ${high.toFixed(2)} of the axis` : "all");
    changed();
  }
  const share = (event) => {
    const box = group.ownerSVGElement.getBoundingClientRect();
    return (BOTTOM - ((event.clientY - box.top) * HEIGHT) / box.height) / (BOTTOM - TOP);
  };
  grip.addEventListener("pointerdown", (event) => { start = share(event); grip.setPointerCapture(event.pointerId); });
  grip.addEventListener("pointermove", (event) => { if (start !== null) choose(start, share(event)); });
  grip.addEventListener("pointercancel", () => { start = null; });
  grip.addEventListener("pointerup", (event) => { if (Math.abs(share(event) - start) < 0.02) choose(null); start = null; });
  group.addEventListener("keydown", (event) => {
    const by = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1, Escape: -stop }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    stop = Math.min(Math.max(stop + by, 0), axis.stops.length);
    group.setAttribute("aria-valuenow", stop);
    choose(...(stop ? axis.stops[stop - 1] : [null]));
  });
  return group;
}

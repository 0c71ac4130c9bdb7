// Learning curves: the best runs in colour with a button each, the others in grey with one button together.

const IN_COLOUR = 8;
const LONGEST = 60; // instead of a longer setting, the run's folder is shown

function startCurves() {
  if (!data.curves) return;
  show("curves");
  const runs = data.curves.runs;
  const groups = runs.length <= COLOURS.length ? runs.map((run) => [run]) : [...runs.slice(0, IN_COLOUR).map((run) => [run]), runs.slice(IN_COLOUR)];
  const legend = groups.map((members, i) => ({
    members, on: true,
    colour: members.length > 1 ? "" : COLOURS[i],
    name: members.length > 1 ? `${members.length} others` : label(members[0]),
  }));
  const training = { name: "training", on: runs.length === 1 || !runs.some((run) => run["val/loss"]), colour: "" };
  const elements = { accuracy: byId("curves-accuracy"), loss: byId("curves-loss") };
  const focus = focusSwitch(runs.length > COLOURS.length, Object.values(elements));
  const last = Math.max(...runs.map((run) => run.epoch.at(-1)));
  const toggles = runs.length > 1 ? [...legend, training] : [training];
  byId("curves-legend").append(...toggles.map((entry) => toggle(entry, () => redraw(Object.values(elements)))));
  for (const [quantity, element] of Object.entries(elements)) {
    plot(element, () => ({
      title: quantity,
      traces: legend.flatMap((entry) => (entry.on ? curveTraces(entry, quantity, training.on) : [])).reverse(),
      xaxis: { title: { text: "epoch", standoff: 6 }, range: [Math.min(1, last) - 0.02 * last, 1.02 * last], ...wholeTicks(last) },
      yaxis: focus.on ? { range: stretchOf(runs.slice(0, IN_COLOUR), quantity) } : {},
    }));
  }
  if (focus.button) byId("curves-heading").append(focus.button);
  const left = data.curves.of - runs.length;
  const lines = training.on ? "Solid: validation; dotted: training." : "Validation; the training's curves are dotted when they are on.";
  byId("curves-note").textContent = left > 0 ? `${lines} ${runs.length} of ${grouped(data.curves.of)} runs: the best, and others at even distances.` : lines;
}

// Where the best runs' curves lie, in training and validation.
function stretchOf(runs, quantity) {
  const values = runs.flatMap((run) => ["val", "train"].flatMap((part) => run[`${part}/${quantity}`] ?? [])).filter((value) => value !== null);
  const low = Math.min(...values), high = Math.max(...values);
  return [low - 0.05 * (high - low), high + 0.05 * (high - low)];
}

function label(run) {
  const seed = data.curves.runs.some((other) => other !== run && other.name === run.name) ? `seed=${run.seed}` : "";
  const setting = [run.name, seed].filter(Boolean).join(" ");
  return setting && setting.length <= LONGEST ? setting : run.folder.split("/").slice(-2).join("/");
}

function toggle(entry, changed) {
  const swatch = make("span", { className: "swatch" });
  swatch.style.background = entry.colour || "var(--muted)";
  const text = make("span", { className: "text", textContent: entry.name, title: entry.name });
  const button = make("button", { type: "button", "aria-pressed": String(entry.on) }, swatch, text);
  button.addEventListener("click", () => {
    entry.on = !entry.on;
    button.setAttribute("aria-pressed", String(entry.on));
    changed();
  });
  return button;
}

function curveTraces(entry, quantity, withTraining) {
  const isOne = entry.members.length === 1;
  const line = { color: entry.colour || colour("muted"), width: isOne ? 2 : 1 };
  return entry.members.flatMap((run) =>
    (withTraining ? ["val", "train"] : ["val"])
      .filter((part) => run[`${part}/${quantity}`])
      .map((part) => ({
        x: run.epoch, y: run[`${part}/${quantity}`], type: "scatter",
        mode: run.epoch.length === 1 ? "markers" : isOne && run.epoch.length < 30 ? "lines+markers" : "lines",
        marker: { size: 5 }, opacity: isOne ? 1 : 0.3, line: { ...line, dash: part === "train" ? "dot" : "solid" },
        text: [label(run), run.name, part].map(plain).join("<br>"), hovertemplate: "epoch %{x}: <b>%{y:.4f}</b><br>%{text}<extra></extra>",
      })),
  );
}

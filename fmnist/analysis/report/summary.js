// The head of the page, the best result, failures, the environment.

const NAMES = {
  "test/accuracy": "test accuracy", "test/loss": "test loss", "val/accuracy": "val accuracy", "val/loss": "val loss",
  epoch: "best epoch", epochs: "epochs", parameters: "parameters", seconds: "seconds",
};

function startSummary() {
  byId("title").textContent = data.title;
  byId("subtitle").textContent = data.subtitle;
  if (data.best) showBest(data.best);
  if (data.failures) showFailures(data.failures);
  if (data.provenance) showProvenance(data.provenance);
}

function showBest(best) {
  show("best");
  byId("best-value").textContent = formatNumber(best.value);
  byId("best-metric").textContent = `${best.metric}  ·  ${best.folder}`;
  const pairs = Object.entries(NAMES).filter(([key]) => key in best.metrics).map(([key, name]) => [name, key === "seconds" ? best.metrics[key].toFixed(1) : formatNumber(best.metrics[key])]);
  if (best.seeds > 1) {
    const half = best.half === null ? "" : ` ± ${formatNumber(best.half)}`;
    pairs.unshift([`mean of ${best.seeds} seeds, 95 %`, formatNumber(best.mean) + half]);
  }
  describe(byId("best-figures"), pairs);
  byId("best-commands").append(...best.commands.map(command));
  byId("best-changes").append(changes(best.changes));
}

// Each pair in a box of its own, so that a list of them can flow.
function describe(list, pairs) {
  list.append(...pairs.map(([name, text]) => make("div", {}, make("dt", { textContent: name }), make("dd", { textContent: text }))));
}

function command(text) {
  const button = make("button", { type: "button", className: "copy", textContent: "Copy" });
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(button.previousSibling); // no clipboard for a file: the text is marked
      button.textContent = "Marked";
    }
  });
  return make("div", { className: "command" }, make("code", { textContent: text }), button);
}

function changes(rows) {
  if (rows === undefined || rows === null) return make("p", { className: "note", textContent: "conf/ has changed since, or is not here." });
  if (!rows.length) return make("p", { className: "note", textContent: "Nothing: these are the defaults." });
  return simpleTable(["key", "here", "default"], rows, "changes");
}

function simpleTable(names, rows, className, long = []) {
  const head = make("tr", {}, ...names.map((name) => make("th", { textContent: name, scope: "col" })));
  const cells = (row) => row.map((text, i) => make("td", { textContent: text, className: long.includes(i) ? "long" : "" }));
  return make("table", { className }, make("thead", {}, head), make("tbody", {}, ...rows.map((row) => make("tr", {}, ...cells(row)))));
}

function showFailures(failures) {
  show("failures");
  const rows = failures.rows.map((row) => [row.what, row.state, row.reason, row.setting]);
  byId("failure-table").append(simpleTable(["run", "state", "reason", "setting"], rows, "wide", [2, 3]));
  for (const cell of byId("failure-table").querySelectorAll("td:nth-child(2)")) cell.className = `state-${cell.textContent}`;
  if (failures.of > failures.rows.length) byId("failures-note").textContent = `The first ${failures.rows.length} of ${failures.of}.`;
}

function showProvenance(provenance) {
  show("provenance");
  byId("environment").append(...provenance.rows.flatMap(([name, text]) => [make("dt", { textContent: name }), make("dd", { textContent: text })]));
  byId("provenance-remarks").append(...provenance.remarks.map((text) => make("p", { className: "note", textContent: text })));
}

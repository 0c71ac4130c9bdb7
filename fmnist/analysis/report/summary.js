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
  if (data.data) {
    show("best-data");
    byId("best-data").textContent = `On ${data.data}, as most runs; so are the learning curves and the confusion matrix. Other data have a leaderboard of their own.`;
  }
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
  if (!rows) return note("conf/ has changed since, or is not here.");
  if (!rows.length) return note("Nothing: these are the defaults.");
  return table("changes", ["key", "here", "default"], rows);
}

function showFailures(failures) {
  show("failures");
  const state = (name) => make("td", { textContent: name, style: `color: var(--${data.colours[name] ?? "ink"})` });
  const long = (text) => make("td", { textContent: text, className: "long" });
  const rows = failures.rows.map((row) => [row.what, state(row.state), long(row.reason), long(row.setting)]);
  byId("failure-table").append(table("wide", ["run", "state", "reason", "setting"], rows));
  if (failures.of > failures.rows.length) byId("failures-note").textContent = `The first ${failures.rows.length} of ${failures.of}.`;
}

function showProvenance(provenance) {
  show("provenance");
  byId("environment").append(...provenance.rows.flatMap(([name, text]) => [make("dt", { textContent: name }), make("dd", { textContent: text })]));
  byId("provenance-remarks").append(...provenance.remarks.map(note));
}

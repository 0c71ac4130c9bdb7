// A study: its history, parallel coordinates, what matters, slices.

const MOST_POINTS = 400; // of a slice; SVG is slow beyond that

function startSearches() {
  for (const search of data.searches ?? []) {
    show("searches");
    const name = data.searches.length > 1 ? ` · ${search.name}` : "";
    byId("searches").append(history(search, name));
    const complete = search.number.map((_, i) => i).filter((i) => search.state[i] === "complete");
    if (complete.length < 2 || !search.parameters.length) continue;
    for (const other of search.others) byId("searches").append(tradeoff(search, other, complete, name));
    byId("searches").append(parallel(search, complete, name));
    byId("searches").append(matters(search, complete.length, name));
    byId("searches").append(slices(search, complete, name));
  }
}

function edge(focus) {
  return focus.button ? " What is worse than the others by far stands at the edge." : "";
}

function card(title, tool, ...children) {
  return make("section", {}, make("div", { className: "heading" }, make("h2", { textContent: title }), tool), ...children);
}

// What is behind a point: number, value, parameters.
function describeTrial(search, i) {
  const lines = search.parameters.filter((one) => one.values[i] !== null).map((one) => `${one.name}=${setting(one, i)}`);
  const value = search.value[i] === null ? "" : `  ${search.objective} ${formatNumber(search.value[i])}`;
  return [`trial ${search.number[i]}  ${search.state[i]}${value}`, ...lines];
}

function setting(parameter, i) {
  return parameter.choices ? parameter.choices[parameter.values[i]] : short(parameter.values[i]);
}

// Points of the trials; the pointer tells what is behind each.
function points(search, members, x, y, marker, about = (i) => describeTrial(search, i)) {
  return {
    type: "scatter", mode: "markers", x: members.map(x), y: members.map(y), cliponaxis: false, marker,
    text: members.map((i) => about(i).map(plain).join("<br>")), hovertemplate: "%{text}<extra></extra>",
  };
}

function history(search, name) {
  const element = make("div", { className: "plot high" });
  const sign = search.upwards ? 1 : -1;
  const number = (i) => search.number[i];
  const of = (state) => search.number.map((_, i) => i).filter((i) => search.state[i] === state);
  const complete = of("complete"), pruned = of("pruned"), failed = of("failed");
  const known = [...complete, ...pruned].map((i) => search.value[i]).filter((value) => value !== null);
  const worst = known.length ? (search.upwards ? Math.min : Math.max)(...known) : 0;
  let best = -Infinity;
  const soFar = complete.map((i) => (best = Math.max(best, sign * search.value[i]))).map((value) => sign * value);
  const last = search.number.at(-1); // the line goes on over the trials behind the last complete one
  const [size, opacity] = search.number.length > 500 ? [4, 0.6] : [7, 1];
  const trials = (members, y, symbol, state) => {
    const shade = colour(data.colours[state]);
    return points(search, members, number, (i) => focus.at(y(i)), { symbol, color: shade, size, opacity, line: { width: symbol.startsWith("x") ? 1.5 : 0, color: shade } });
  };
  const value = (i) => search.value[i];
  const focus = focusOn(goodStretch(complete.map((i) => search.value[i]), search.upwards), [element]);
  plot(element, () => ({
    title: search.objective,
    traces: [
      trials(pruned, value, "x-thin", "pruned"),
      trials(failed, () => worst, "triangle-up", "failed"),
      trials(complete, value, "circle", "complete"),
      { type: "scatter", mode: "lines", x: [...complete.map(number), last], y: [...soFar, soFar.at(-1)].map(focus.at), line: { shape: "hv", color: colour("good"), width: 2 }, hoverinfo: "skip" },
    ],
    xaxis: { title: { text: "trial", standoff: 6 }, ...wholeTicks(last) }, yaxis: focus.axis(),
  }));
  const parts = [
    [complete, "dot: complete"], [pruned, "×: pruned, at its last epoch"],
    [failed, "triangle: failed"], [complete, "line: best so far"],
  ];
  const legend = parts.filter(([members]) => members.length).map(([, text]) => text).join("; ");
  return card(`History${name}`, focus.button, element, note(`${legend}.${edge(focus)}`));
}

// Two objectives: those trials that no other one beats in both are the Pareto front.
function tradeoff(search, other, complete, name) {
  const element = make("div", { className: "plot high" });
  const front = complete.filter((i) => search.best.includes(search.number[i])).sort((a, b) => other.values[a] - other.values[b]);
  const x = (i) => other.values[i], y = (i) => search.value[i];
  const about = (i) => [...describeTrial(search, i), `${other.name} ${formatNumber(x(i))}`];
  const trials = (members, shade, size) => points(search, members, x, y, { color: shade, size }, about);
  plot(element, () => ({
    title: search.objective,
    traces: [
      trials(complete.filter((i) => !front.includes(i)), colour("muted"), 6),
      { type: "scatter", mode: "lines", x: front.map(x), y: front.map(y), line: { color: colour("good"), width: 1, dash: "dot" }, hoverinfo: "skip" },
      trials(front, colour("accent"), 9),
    ],
    xaxis: { title: { text: plain(other.name), standoff: 6 } },
  }));
  return card(`${search.objective} against ${other.name}${name}`, null, element,
    note(`Large dots: the Pareto front, ${front.length} ${front.length === 1 ? "trial" : "trials"} of which no other is better in every objective.`));
}

function matters(search, complete, name) {
  const importances = Object.entries(search.importances);
  const most = Math.max(...importances.map(([, share]) => share), 1e-9);
  const left = importances.map(([parameter, share]) => [parameter, bar(share / most), (100 * share).toFixed(0) + " %"]);
  const right = [...search.correlations].sort((a, b) => Math.abs(b.r) - Math.abs(a.r)).slice(0, 16)
    .map((row) => [row.choice === null ? row.name : `${row.name}=${row.choice}`, diverging(row.r), (row.r < 0 ? "−" : "+") + Math.abs(row.r).toFixed(2), `n = ${row.trials}`]);
  const columns = [
    [left, "Importance", left.length ? "PED-ANOVA: the share of each parameter in what makes a trial a good one." : noImportances(search, complete)],
    [right, "Correlation", right.length
      ? `Pearson's, with ${search.objective}, over n complete trials; + is ${search.upwards ? "better" : "larger, that is worse"}. Of a choice: whether it was chosen.`
      : "Not known: it takes four complete trials in which the parameter and the objective vary."],
  ];
  return card(`What matters${name}`, null, make("div", { className: "pair" }, ...columns.map(([rows, title, text]) =>
    make("div", {}, make("h3", { textContent: title }), make("div", { className: "scroll" }, barTable(rows)), note(text)))));
}

function noImportances(search, complete) {
  if (complete >= search.enough) return "Not known: no parameter tells good trials from others.";
  return `Not known yet: it takes ${search.enough} complete trials, and there are ${complete}; with fewer, all parameters come out alike.`;
}

function barTable(rows) {
  return table("bars wide", [], rows.map(([label, mark, ...texts]) =>
    [label, make("td", { className: "track" }, mark), ...texts.map((text) => make("td", { className: "number", textContent: text }))]));
}

function bar(share) {
  const fill = make("div", { className: "bar-fill" });
  fill.style.width = `${100 * share}%`;
  return fill;
}

function diverging(r) {
  const fill = make("div", { className: r < 0 ? "bar-fill minus" : "bar-fill" });
  fill.style.width = `${50 * Math.abs(r)}%`;
  fill.style.left = `${r < 0 ? 50 + 50 * r : 50}%`;
  return make("div", { className: "diverging" }, fill);
}

function slices(search, complete, name) {
  const sign = search.upwards ? -1 : 1;
  const ranked = [...complete].sort((a, b) => sign * (search.value[a] - search.value[b]));
  const step = Math.max(1, ranked.length / MOST_POINTS);
  const shown = Array.from({ length: Math.min(ranked.length, MOST_POINTS) }, (_, k) => ranked[Math.floor(k * step)]);
  const elements = [];
  const focus = focusOn(goodStretch(complete.map((i) => search.value[i]), search.upwards), elements);
  for (const parameter of search.parameters) {
    const element = make("div", { className: "plot" });
    const members = shown.filter((i) => parameter.values[i] !== null).reverse();
    if (members.length < 2) continue;
    // Points of one choice stand beside each other; the golden ratio spreads them evenly.
    const place = (i) => parameter.choices ? parameter.values[i] + 0.5 * (((search.number[i] * 0.618) % 1) - 0.5) : parameter.values[i];
    plot(element, () => ({
      title: parameter.name,
      traces: [points(search, members, place, (i) => focus.at(search.value[i]), {
        size: 6, opacity: 0.75, color: members.map((i) => search.number[i]), colorscale: [[0, colour("line")], [1, colour("accent")]], line: { width: 0.6, color: colour("accent") },
      })],
      xaxis: parameter.choices
        ? { tickvals: parameter.choices.map((_, k) => k), ticktext: parameter.choices.map((choice) => plain(short(choice))), tickangle: parameter.choices.length > 4 ? -40 : 0, range: [-0.5, parameter.choices.length - 0.5], showgrid: false }
        : parameter.log ? { type: "log", nticks: 6, exponentformat: "power" } : { nticks: 6 },
      yaxis: { nticks: 5, ...focus.axis() },
    }));
    elements.push(element);
  }
  const cut = shown.length < complete.length ? ` ${shown.length} of ${complete.length}, evenly from best to worst.` : "";
  return card(`Slices${name}`, focus.button, make("div", { className: "slices" }, ...elements),
    note(`${search.objective} of the complete trials; later trials are darker.${edge(focus)}${cut}`));
}

// The confusion matrix: each cell is a button that shows the images behind it; arrow keys move among them.

function startConfusion() {
  const found = data.confusion;
  if (!found) return;
  show("confusion");
  if (found.missing) {
    byId("confusion-note").textContent = `There is none: ${found.missing}`;
    return;
  }
  byId("confusion-note").textContent = `The ${grouped(found.examples)} test examples as the best network of ${found.folder} sees them. Rows are true, columns predicted classes; the shade is the share of the row. Choose a cell to see examples.`;
  const largest = found.counts.map((row) => row.reduce((sum, count) => sum + count, 0));
  const buttons = found.counts.map((row, i) => row.map((count, j) => {
    const share = count / Math.max(largest[i], 1);
    const button = make("button", {
      type: "button", textContent: String(count), tabIndex: i + j === 0 ? 0 : -1, className: count ? "" : "zero", "aria-pressed": "false",
      "aria-label": `${found.classes[i]} taken for ${found.classes[j]}: ${count}`, title: `${found.classes[i]} → ${found.classes[j]}: ${count} (${(100 * share).toFixed(1)} %)`,
    });
    // With the square root, mistakes of a few per cent can be seen.
    button.style.background = `rgba(var(--cell), ${count ? 0.06 + 0.8 * Math.sqrt(share) : 0.03})`;
    if (share > 0.45) button.classList.add("strong");
    button.addEventListener("click", () => choose(i, j));
    button.addEventListener("keydown", (event) => move(event, i, j));
    return button;
  }));
  const head = make("tr", {}, make("th"), ...found.classes.map((name) => make("th", { scope: "col" }, make("span", { textContent: name }))));
  byId("matrix").append(make("table", { className: "matrix" }, make("thead", {}, head), make("tbody", {}, ...buttons.map((row, i) =>
    make("tr", {}, make("th", { scope: "row", textContent: found.classes[i] }), ...row.map((button) => make("td", {}, button)))))));

  function move(event, i, j) {
    const by = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    const next = by && buttons[i + by[0]]?.[j + by[1]];
    if (!next) return;
    event.preventDefault();
    event.target.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }

  function choose(i, j) {
    for (const button of buttons.flat()) button.setAttribute("aria-pressed", "false");
    buttons[i][j].setAttribute("aria-pressed", "true");
    const shown = found.cells[i][j];
    const before = found.cells.flat().slice(0, i * found.classes.length + j).reduce((sum, n) => sum + n, 0);
    const title = i === j ? `${found.classes[i]}, recognised` : `${found.classes[i]}, taken for ${found.classes[j]}`;
    const remark = shown < found.counts[i][j] ? `The ${shown} most confident of ${grouped(found.counts[i][j])}.` : shown ? "" : "No example.";
    byId("examples").replaceChildren(make("h3", { textContent: title }),
      make("div", { className: "tiles" }, ...Array.from({ length: shown }, (_, n) => tile(before + n, found))),
      note(remark));
  }

  byId("examples").style.setProperty("--sprite", `url(${found.sprite})`);
  // The mistake that is made most often is shown to begin with.
  const mistakes = found.counts.flatMap((row, i) => row.map((count, j) => [i === j ? -1 : count, i, j]));
  const [, i, j] = mistakes.reduce((a, b) => (b[0] > a[0] ? b : a));
  choose(i, j);
}

function tile(n, found) {
  const { columns, height, width } = found.image;
  const picture = make("div", { className: "tile", role: "img", "aria-label": `test image ${found.numbers[n]}` });
  const rows = Math.ceil(found.numbers.length / columns);
  picture.style.backgroundSize = `${100 * columns}% ${100 * rows}%`;
  const at = (place, of) => (of > 1 ? (100 * place) / (of - 1) : 0);
  picture.style.backgroundPosition = `${at(n % columns, columns)}% ${at(Math.floor(n / columns), rows)}%`;
  picture.style.aspectRatio = `${width} / ${height}`;
  return make("figure", {}, picture, make("figcaption", { textContent: `${(100 * found.probabilities[n]).toFixed(0)} %  #${found.numbers[n]}` }));
}

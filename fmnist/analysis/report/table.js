// The leaderboards, one for each set of data: sorted by a click on a head (or Enter on it), filtered by words, drawn a
// page at a time.

const PAGE = 50;
const FIXED = { rank: 1, std: 1, "95 %": 1, seeds: 1, p: 1, seconds: 1 };

function startLeaderboards() {
  if (!data.leaderboards) return;
  const first = byId("leaderboard");
  const others = data.leaderboards.slice(1).map(() => first.cloneNode(true));
  first.after(...others);
  [first, ...others].forEach((section, n) => startLeaderboard(section, data.leaderboards[n], n));
}

// The section's parts are found by their ids; in all but the first these then get its number.
function startLeaderboard(section, board, n) {
  const part = Object.fromEntries(["filter", "filter-count", "more-columns", "table", "more", "leaderboard-remarks"].map((id) => [id, section.querySelector(`#${id}`)]));
  if (n) for (const element of [section, ...Object.values(part)]) element.id += `-${n + 1}`;
  if (n) delete section.dataset.name; // the first one stands for all in the navigation
  section.hidden = false;
  if (board.data) section.querySelector("h2").textContent += ` · ${board.data}`;
  part.table.setAttribute("aria-label", `Leaderboard ${board.data}`.trim());
  const columns = board.columns;
  const names = Object.keys(columns);
  const rows = columns.rank.map((_, i) => i);
  const words = rows.map((i) => names.map((name) => `${name}=${columns[name][i]}`).join(" ").toLowerCase());
  const isNumber = Object.fromEntries(names.map((name) => [name, columns[name].every((value) => value === null || asNumber(value) !== null)]));
  const state = { by: "rank", direction: 1, filter: "", limit: PAGE };

  const heads = names.map((name) => {
    const button = make("button", { type: "button", textContent: name === "std" ? "± std" : name });
    button.addEventListener("click", () => {
      const better = name === data.metric && data.upwards ? -1 : 1;
      state.direction = state.by === name ? -state.direction : better;
      state.by = name;
      refresh();
    });
    return make("th", { scope: "col", className: isNumber[name] ? "number" : "" }, button);
  });
  const body = make("tbody");
  part.table.append(make("table", { className: "wide" }, make("thead", {}, make("tr", {}, ...heads)), body));

  function refresh() {
    const wanted = state.filter.toLowerCase().split(/\s+/).filter(Boolean);
    const found = rows.filter((i) => wanted.every((word) => words[i].includes(word)));
    found.sort((a, b) => compare(columns[state.by][a], columns[state.by][b], state.direction) || a - b);
    body.replaceChildren(...found.slice(0, state.limit).map(rowOf));
    heads.forEach((head, k) => {
      if (names[k] !== state.by) head.removeAttribute("aria-sort");
      else head.setAttribute("aria-sort", state.direction > 0 ? "ascending" : "descending");
    });
    part["filter-count"].textContent = wanted.length ? `${grouped(found.length)} of ${grouped(rows.length)}` : `${grouped(rows.length)} setting${rows.length === 1 ? "" : "s"}`;
    part.more.hidden = found.length <= state.limit;
    part.more.textContent = `Show all ${grouped(found.length)}`;
  }

  function rowOf(i) {
    return make("tr", {}, ...names.map((name) => {
      const value = columns[name][i];
      return make("td", { className: isNumber[name] ? "number" : "", textContent: cell(name, value), title: value === null ? "" : String(value) });
    }));
  }

  function cell(name, value) {
    if (value === null) return name in FIXED || name === data.metric ? "—" : "";
    if (name === "p" && value < 0.001) return "< 0.001";
    if (name === "p") return value.toFixed(3);
    if (name === "seconds") return value.toFixed(1);
    if (name === "std" || name === "95 %") return `± ${formatNumber(value)}`;
    return typeof value === "number" ? formatNumber(value) : short(value);
  }

  part.filter.addEventListener("input", (event) => {
    state.filter = event.target.value;
    refresh();
  });
  part.more.addEventListener("click", () => {
    state.limit = Infinity;
    refresh();
  });
  part["leaderboard-remarks"].append(...board.remarks.map(note));
  refresh();
  const cue = () => { part["more-columns"].hidden = !hasMore(part.table); };
  part.table.addEventListener("scroll", cue);
  new ResizeObserver(cue).observe(part.table);
}

const hasMore = (box) => box.scrollLeft + box.clientWidth < box.scrollWidth - 4;

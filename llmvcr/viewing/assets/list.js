// The list of all interactions: only the rows in sight are in the page, so that thousands cost no more than ten.

const ROW = 73;
const FILE = 34;
const BROKEN = 56;
const SPARE = 8;

// The host of a URL, and what stands behind it; of what is no URL only the latter.
function address(url) {
  const found = /^\w+:\/\/([^/?#]*)(.*)$/s.exec(url);
  return found ? [found[1], found[2] || "/"] : ["", url];
}

function listView(nav, files) {
  const box = h("ol", { class: "rows" });
  nav.replaceChildren(box);
  let items = [];
  let current = -1;

  function lay(wanted, snippets) {
    items = [];
    let top = 0;
    const put = (kind, value, height) => {
      items.push({ kind, value, top, height });
      top += height;
    };
    for (const file of files) {
      const rows = wanted ? file.rows.filter((row) => wanted.has(row.place)) : file.rows;
      if (file.error && !wanted) put("broken", file, BROKEN);
      else if (rows.length && files.length > 1) put("file", file, FILE);
      for (const row of rows) put("row", { row, snippet: snippets?.get(row.place) }, ROW);
    }
    box.style.height = `${top}px`;
    box.replaceChildren();
    draw();
  }

  function draw() {
    if (!items.length) return;
    const [from, to] = [nav.scrollTop, nav.scrollTop + nav.clientHeight];
    let first = items.findIndex((item) => item.top + item.height > from);
    if (first < 0) first = 0;
    let last = first;
    while (last < items.length && items[last].top < to) last += 1;
    const shownItems = items.slice(Math.max(0, first - SPARE), last + SPARE);
    const focused = document.activeElement?.closest?.("a.row")?.getAttribute("href");
    box.replaceChildren(...shownItems.map(itemView));
    if (focused) box.querySelector(`a[href="${focused}"]`)?.focus({ preventScroll: true });
  }

  function itemView(item) {
    const node = item.kind === "row" ? rowView(item.value) : fileView(item.value, item.kind);
    node.style.top = `${item.top}px`;
    return node;
  }

  function rowView({ row, snippet }) {
    const [host, path] = address(row.url);
    const bad = isBad(row) && (row.failed ? "no answer" : row.status >= 400 ? String(row.status) : "cut");
    const rest = row.provider ? [row.model || row.provider] : [host, !bad && String(row.status)];
    const meta = [...rest, tokens(row), time(row.duration_ms)].filter(Boolean).join(" · ");
    const asked = row.asked || (row.provider ? row.endpoint : `${row.method} ${path}`);
    return h(
      "li",
      null,
      h(
        "a",
        { class: "row", href: `#${row.place}`, "aria-current": row.place === current && "true" },
        h("span", { class: "number" }, String(row.number)),
        h(
          "span",
          { class: "words" },
          h("span", { class: "asked" }, asked),
          snippet
            ? h("span", { class: "answered" }, snippet.before, h("mark", null, snippet.hit), snippet.after)
            : h("span", { class: bad ? "answered bad" : "answered" }, row.answered || (row.failed ? "no answer" : "—")),
          h("span", { class: "meta" }, bad && [h("b", null, bad), " · "], meta),
        ),
      ),
    );
  }

  function fileView(file, kind) {
    return h(
      "li",
      { class: kind === "broken" ? "file broken" : "file", title: kind === "broken" ? file.error : file.path },
      h("bdi", null, file.path),
      kind === "broken" && h("div", { dir: "ltr" }, file.error),
    );
  }

  function mark(place) {
    current = place;
    const item = items.find((one) => one.kind === "row" && one.value.row.place === place);
    if (item) {
      if (item.top < nav.scrollTop + FILE) nav.scrollTop = item.top - FILE;
      else if (item.top + item.height > nav.scrollTop + nav.clientHeight)
        nav.scrollTop = item.top + item.height - nav.clientHeight + FILE;
    }
    draw();
  }

  // The interaction that stands `step` rows from one, of those that are listed.
  function beside(place, step) {
    const rows = items.filter((item) => item.kind === "row").map((item) => item.value.row.place);
    const at = rows.indexOf(place);
    if (at < 0) return rows[0];
    return rows[Math.max(0, Math.min(rows.length - 1, at + step))];
  }

  nav.addEventListener("scroll", draw, { passive: true });
  new ResizeObserver(draw).observe(nav);
  return {
    lay,
    mark,
    beside,
    empty: (words) =>
      box.replaceChildren(
        h(
          "li",
          { class: "empty" },
          words.map((one) => h("p", null, one)),
        ),
      ),
  };
}

// Everything together: the data, what the address says, keys.

const data = JSON.parse(document.getElementById("data").textContent);
const files = data.files.map((file) => ({ path: file.path, error: file.error, rows: [] }));
const rows = data.files.flatMap((file, place) => file.interactions.map((row) => ({ ...row, file: files[place] })));
rows.forEach((row, place) => {
  row.place = place;
  row.file.rows.push(row);
});
const [main, nav, input, foundLine] = ["main", "list", "search", "found"].map((id) => document.getElementById(id));
const narrow = matchMedia("(max-width: 760px)");
const KEPT_BLOCKS = 6;
const unpacked = new Map();
const state = { place: -1, tab: "talk", other: -1, drawing: 0 };

function unpackedBlock(number) {
  if (!unpacked.has(number)) {
    unpacked.set(number, inflated(data.blocks[number]));
    if (unpacked.size > KEPT_BLOCKS) unpacked.delete(unpacked.keys().next().value);
  }
  return unpacked.get(number);
}

async function inflated(block) {
  const binary = atob(block);
  const packed = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at += 1) packed[at] = binary.charCodeAt(at);
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

async function detailOf(row) {
  return (await unpackedBlock(row.at[0]))[row.at[1]];
}

// "#4" is an interaction, "#4/stream" a view of it, "#4/diff/7" it beside another.
function addressed() {
  const found = /^#(\d+)(?:\/([a-z]+)(?:\/(\d+))?)?$/.exec(location.hash);
  if (!found || !rows[Number(found[1])]) return null;
  const other = found[2] === "diff" && rows[Number(found[3])] ? Number(found[3]) : -1;
  return { place: Number(found[1]), tab: found[2] ?? "talk", other };
}

function go({ place = state.place, tab = "talk", other = -1 }, replace = false) {
  const hash = `#${place}${other >= 0 ? `/diff/${other}` : tab === "talk" ? "" : `/${tab}`}`;
  history[replace ? "replaceState" : "pushState"](null, "", hash);
  follow();
}

function follow() {
  const asked = addressed();
  if (location.hash === "#main") return;
  const first = !asked && rows.length > 0 && (!narrow.matches || rows.length === 1);
  document.body.dataset.view = asked || first ? "reading" : "list";
  if (!asked && !first) {
    if (state.place >= 0) list.mark(state.place); // a list that was hidden has lost its place
    Object.assign(state, { place: -1, other: -1 });
    list.mark(-1);
    document.body.dataset.drawn = String(++state.drawing);
    return;
  }
  draw(asked ?? { place: 0, tab: "talk", other: -1 });
}

async function draw({ place, tab, other }) {
  const mine = ++state.drawing;
  const moved = place !== state.place || other !== state.other;
  Object.assign(state, { place, tab, other });
  list.mark(place);
  const wanted = other < 0 ? [rows[place]] : [rows[Math.min(place, other)], rows[Math.max(place, other)]];
  const details = await Promise.all(wanted.map(detailOf)).catch((error) => [error]);
  if (mine !== state.drawing) return;
  if (details[0] instanceof Error)
    main.replaceChildren(
      h(
        "div",
        { class: "empty" },
        h("p", null, "This interaction cannot be unpacked."),
        h("p", null, details[0].message),
      ),
    );
  else if (other < 0) main.replaceChildren(interaction(rows[place], details[0], tab, actions));
  else
    main.replaceChildren(
      h("div", { class: "page" }, heading(rows[place], actions, rows[other]), comparison(...wanted, details)),
    );
  if (moved) {
    main.scrollTop = 0;
    if (narrow.matches) scrollTo(0, 0);
  }
  document.title = `#${rows[place].number} ${callName(rows[place])} · ${data.title}`;
  performance.mark("llmvcr-drawn");
  document.body.dataset.drawn = String(mine);
}

const actions = {
  total: rows.length,
  files: files.length,
  back: () => {
    history.pushState(null, "", location.pathname + location.search);
    follow();
  },
  step: (by) => {
    const place = list.beside(state.place, by);
    if (place !== undefined && place !== state.place) go({ place, tab: state.other < 0 ? state.tab : "talk" }, true);
  },
  tab: (name, focus = false) => {
    go({ tab: name }, true);
    if (focus) requestAnimationFrame(() => document.getElementById(`tab-${name}`)?.focus());
  },
  choose: () => rows.length > 1 && state.place >= 0 && choose(),
};

function choose() {
  const dialog = document.getElementById("choose");
  const here = rows[state.place];
  const filter = h("input", { type: "search", placeholder: "Filter", "aria-label": "Filter interactions" });
  const box = h("ul", { class: "choices" });
  // Those of the same call come first, the nearest before the others.
  const near = (row) =>
    (row.provider === here.provider && row.endpoint === here.endpoint ? 0 : 1e9) +
    Math.abs(row.place - here.place) -
    (row.place < here.place ? 0.5 : 0);
  const others = rows.filter((row) => row !== here).sort((a, b) => near(a) - near(b));
  const fill = () => {
    const wanted = filter.value.toLowerCase();
    const chosen = others
      .filter((row) =>
        `#${row.number} ${row.file.path} ${callName(row)} ${row.model} ${row.asked}`.toLowerCase().includes(wanted),
      )
      .slice(0, 60);
    box.replaceChildren(
      ...chosen.map((row) =>
        h(
          "li",
          null,
          h(
            "button",
            { type: "button", onclick: () => pick(row) },
            `#${row.number} `,
            h("b", null, brief(row.asked || callName(row), 90)),
            " ",
            h("small", null, [files.length > 1 && row.file.path, row.model].filter(Boolean).join(" · ")),
          ),
        ),
      ),
    );
    if (!chosen.length) box.replaceChildren(h("li", { class: "hint" }, "None of the others."));
  };
  const pick = (row) => {
    dialog.close();
    go({ other: row.place });
  };
  filter.addEventListener("input", fill);
  filter.addEventListener("keydown", (event) => event.key === "Enter" && box.querySelector("button")?.click());
  fill();
  dialog.replaceChildren(h("h2", { id: "choose-title" }, `Compare #${here.number} with`), filter, box);
  dialog.showModal();
  filter.focus();
}

function help() {
  const dialog = document.getElementById("help");
  const keys = [
    ["j  k", "next and previous interaction (also ↓ ↑)"],
    ["1 – 4", "conversation, stream, request, response"],
    ["d", "compare with another interaction"],
    ["/", "search everything"],
    ["← →", "on a timeline: one piece back or on"],
    ["t", "light, dark, or as the system has it"],
    ["Esc", "leave the search, a dialog, or a comparison"],
    ["?", "this"],
  ];
  dialog.replaceChildren(
    h("h2", { id: "help-title" }, "Keys"),
    h(
      "div",
      { class: "keys" },
      keys.map(([key, words]) => [h("span", null, h("kbd", null, key)), h("span", null, words)]),
    ),
    h(
      "p",
      { class: "hint section" },
      "This page is one file. It holds all that the recordings hold, and asks no network for anything.",
    ),
    h("div", { class: "bar" }, h("button", { type: "button", onclick: () => dialog.close() }, "Close")),
  );
  dialog.showModal();
}

function theme(next) {
  const order = ["", "light", "dark"];
  const chosen = next ?? order[(order.indexOf(document.documentElement.dataset.theme ?? "") + 1) % order.length];
  if (chosen) document.documentElement.dataset.theme = chosen;
  else delete document.documentElement.dataset.theme;
}

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.target === input) {
    if (event.key === "Escape") leaveSearch();
    else if (event.key === "Enter" || event.key === "ArrowDown") {
      event.preventDefault();
      input.blur();
      const place = list.beside(state.place, 0);
      if (place !== undefined) go({ place });
    }
    return;
  }
  if (event.target.closest?.("input, textarea, [role=slider], [role=tablist]") && event.key.startsWith("Arrow")) return;
  const arrows = main.contains(document.activeElement) ? {} : { ArrowDown: 1, ArrowUp: -1 };
  const step = { j: 1, k: -1, ...arrows }[event.key];
  const tab = TABS[Number(event.key) - 1]?.[0];
  const scrolls =
    event.target === document.body && { PageDown: 1, " ": event.shiftKey ? -1 : 1, PageUp: -1 }[event.key];
  if (step) actions.step(step);
  else if (tab && state.place >= 0) actions.tab(tab);
  else if (event.key === "/") input.select();
  else if (event.key === "d") actions.choose();
  else if (event.key === "t") theme();
  else if (event.key === "?") help();
  else if (scrolls && !narrow.matches) main.scrollBy({ top: scrolls * main.clientHeight * 0.85 });
  else if (event.key === "Escape" && state.other >= 0) go({}, true);
  else if (event.key === "Escape" && narrow.matches && state.place >= 0) actions.back();
  else return;
  event.preventDefault();
});

function leaveSearch() {
  input.value = "";
  input.blur();
  look();
}

const highlight = highlighter(main);
const list = listView(nav, files);
const search = searcher(rows, detailOf, (wanted, snippets, words) => {
  foundLine.textContent = words;
  list.lay(wanted, snippets);
  if (wanted && !wanted.size && !words)
    list.empty([
      `Nothing holds “${brief(input.value.trim(), 60)}”.`,
      "The search looks at every text, header and body as it stands.",
    ]);
});
let typed = 0;
function look() {
  clearTimeout(typed);
  typed = setTimeout(() => {
    highlight(input.value);
    search.run(input.value);
  }, 120);
}

function summary() {
  const calls = rows.filter((row) => row.provider);
  const priced = calls.filter((row) => row.usd !== null);
  const total = (pick) => calls.reduce((sum, row) => sum + (pick(row) ?? 0), 0);
  const used = [total((row) => row.tokens.input), total((row) => row.tokens.output)];
  const broken = files.filter((file) => file.error).length;
  return [
    files.length > 1 && many(files.length, "file"),
    many(rows.length, "interaction"),
    used[0] + used[1] > 0 && `${count(used[0])} tokens in, ${count(used[1])} out`,
    priced.length > 0 && money(total((row) => row.usd)),
    broken > 0 && `${many(broken, "file")} unreadable`,
  ]
    .filter(Boolean)
    .join(" · ");
}

document.getElementById("title").append(...shown(data.title.split(/(?<=[._/[-])/).map((part) => [part, h("wbr")])));
document.getElementById("sum").textContent = summary();
document.getElementById("help-button").addEventListener("click", help);
input.addEventListener("input", look);
addEventListener("popstate", follow);
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
list.lay(null, null);
if (!rows.length) {
  const words = ["This recording holds no interaction yet.", "Record one, and view it again."];
  list.empty(["Nothing here yet."]);
  main.replaceChildren(
    h(
      "div",
      { class: "empty" },
      words.map((one) => h("p", null, one)),
    ),
  );
  document.body.dataset.drawn = "0";
} else if (!narrow.matches) document.body.dataset.view = "reading";
follow();

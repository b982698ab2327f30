// The events of a stream: what their pieces say up to any of them, and each of them by itself.

function lastEvent(events, chunk) {
  let found = -1;
  for (let place = 0; place < events.length; place += 1) {
    if (events[place].chunk !== null && events[place].chunk <= chunk) found = place;
  }
  return found;
}

// The pieces joined; what comes later than the chosen moment is dimmed.
function speller(events, socket) {
  const pieces = [];
  events.forEach((one, place) => {
    if (one.piece && !(socket && one.sent)) pieces.push([place, one.kind, one.piece]);
  });
  if (!pieces.length) return null;
  const node = h("div", { class: "spelling", dir: "auto", tabindex: 0 });
  const said = h("span");
  const later = h("span", { class: "later" });
  node.append(said, later);
  const put = (box, from, to) => {
    const runs = [];
    for (const [, kind, text] of pieces.slice(from, to)) {
      if (runs.length && runs[runs.length - 1][0] === kind) runs[runs.length - 1][1].push(text);
      else runs.push([kind, [text]]);
    }
    box.replaceChildren(
      ...shown(runs.map(([kind, texts], place) => [place > 0 && "\n\n", h("span", { class: kind }, texts.join(""))])),
    );
  };
  const upTo = (event) => {
    let cut = 0;
    while (cut < pieces.length && pieces[cut][0] <= event) cut += 1;
    put(said, 0, cut);
    put(later, cut, pieces.length);
  };
  return { node, upTo };
}

function eventTable(events, timed, chosen) {
  const body = h("tbody");
  const rows = [];
  const row = (one, place) => {
    const cell = h("td", { class: "said" });
    const words = one.piece
      ? [h("q", null, brief(JSON.stringify(one.piece), 200))]
      : [h("i", null, brief(one.data, 200))];
    const button = h(
      "button",
      {
        type: "button",
        "aria-expanded": "false",
        onclick: () => {
          const open = button.getAttribute("aria-expanded") === "false";
          button.setAttribute("aria-expanded", String(open));
          if (open) cell.append(raw(one.data));
          else cell.lastChild.remove();
          if (one.chunk !== null && open) chosen(one.chunk);
        },
      },
      words,
    );
    cell.append(button);
    const line = h(
      "tr",
      null,
      h("td", { class: "place" }, String(place)),
      h("td", { class: "when" }, one.ms !== null ? time(one.ms) : one.chunk !== null && `chunk ${one.chunk}`),
      h("td", { class: "name" }, one.sent ? `→ ${one.name}` : one.name),
      cell,
    );
    rows[place] = line;
    return line;
  };
  const table = h(
    "table",
    { class: events.some((one) => one.name) ? "events" : "events nameless" },
    h(
      "thead",
      null,
      h(
        "tr",
        null,
        h("th", { class: "place" }, "#"),
        h("th", { class: "when" }, timed ? "after" : "in"),
        h("th", { class: "name" }, "name"),
        h("th", { class: "said" }, "what it says"),
      ),
    ),
    body,
  );
  const node = h("div", null, table);
  gradually(body, events, row, 200, table);
  let marked = null;
  const mark = (place) => {
    marked?.removeAttribute("aria-current");
    marked = rows[place] ?? null;
    marked?.setAttribute("aria-current", "true");
  };
  return { node, mark };
}

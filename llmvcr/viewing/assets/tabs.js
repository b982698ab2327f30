// The page of one interaction: what it was, and four ways to look at it.

const TABS = [
  ["talk", "Conversation"],
  ["stream", "Stream"],
  ["request", "Request"],
  ["response", "Response"],
];

function callName(row) {
  return row.provider ? `${row.provider} ${row.endpoint}` : `${row.method} ${row.url}`;
}

function outcome(row) {
  if (row.failed) return `no answer: ${row.ended}`;
  const words = [String(row.status)];
  if (row.streamed) words.push("streamed");
  if (row.ended) words.push(row.ended === "closed" ? "closed by the client" : `cut: ${row.ended}`);
  return words.join(", ");
}

function tokens(row) {
  const { input, output, cached } = row.tokens;
  if (input === null && output === null) return "";
  const told = [input === null ? "" : `${count(input)} in`, output === null ? "" : `${count(output)} out`]
    .filter(Boolean)
    .join(", ");
  return cached ? `${told}, ${count(cached)} cached` : told;
}

function moment(text) {
  const found = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?Z$/.exec(text);
  return found ? `${found[1]} ${found[2]} UTC` : text;
}

function isBad(row) {
  return row.failed || row.status >= 400 || Boolean(row.ended && row.ended !== "closed");
}

function heading(row, actions, other = null) {
  const title = row.provider
    ? [row.model || row.endpoint, " ", h("small", null, row.model ? callName(row) : row.provider)]
    : [row.method, " ", h("small", null, brief(row.url, 120))];
  const [before, after] = [row.place > 0, row.place + 1 < actions.total];
  return h(
    "header",
    { class: "head" },
    h("button", { class: "quiet back", type: "button", onclick: actions.back }, "‹ All interactions"),
    h(
      "div",
      { class: "where" },
      h("span", null, `#${row.number}${other ? ` and #${other.number}` : ""}`),
      actions.files > 1 && h("span", null, row.file.path),
      row.recorded_at && h("span", null, `recorded ${moment(row.recorded_at)}`),
      actions.total > 1 &&
        h(
          "span",
          { class: "steps" },
          h(
            "button",
            {
              type: "button",
              disabled: !before,
              "aria-label": "Previous interaction",
              onclick: () => actions.step(-1),
            },
            "‹",
          ),
          h(
            "button",
            { type: "button", disabled: !after, "aria-label": "Next interaction", onclick: () => actions.step(1) },
            "›",
          ),
          h("button", { type: "button", onclick: actions.choose }, "Compare"),
        ),
    ),
    other
      ? h("h2", null, "What differs")
      : [h("h2", null, title), row.provider && h("p", { class: "url" }, `${row.method} ${row.url}`)],
  );
}

function facts(row, detail) {
  const { usage, first_chunk_ms: first } = detail.call;
  const told = [
    ["outcome", outcome(row), isBad(row)],
    [
      "tokens in",
      usage.input !== null && [
        count(usage.input),
        aside(usage.cached, "cached"),
        aside(usage.cache_written, "kept for later"),
      ],
    ],
    ["tokens out", usage.output !== null && [count(usage.output), aside(usage.reasoning, "reasoning")]],
    ["today's price", row.usd !== null && money(row.usd)],
    ["first piece", row.streamed && first !== null && time(first)],
    ["took", row.duration_ms !== null && time(row.duration_ms)],
    ["request", bytes(row.bytes.request)],
    ["answer", bytes(row.bytes.answer)],
  ].filter(([, value]) => value !== false && value !== "");
  return h(
    "dl",
    { class: "facts" },
    told.map(([name, value, bad]) => h("div", { class: bad ? "bad" : "" }, h("dt", null, name), h("dd", null, value))),
  );
}

function aside(number, words) {
  return Boolean(number) && h("small", null, `  ${count(number)} ${words}`);
}

function tabsOf(detail) {
  const { stream } = detail;
  const pieces =
    stream.events.length > 0 || stream.chunks.length > 1 || (stream.chunks.length > 0 && stream.head_ms !== null);
  return TABS.filter(([name]) => name !== "stream" || pieces);
}

function interaction(row, detail, tab, actions) {
  const tabs = tabsOf(detail);
  const chosen = tabs.some(([name]) => name === tab) ? tab : "talk";
  const views = {
    talk: () => conversation(row, detail),
    stream: () => streamView(detail),
    request: () => requestView(row, detail),
    response: () => responseView(row, detail),
  };
  const bar = h(
    "div",
    {
      class: "tabs",
      role: "tablist",
      "aria-label": "Ways to look at it",
      onkeydown: (event) => {
        const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
        if (!step) return;
        event.preventDefault();
        const place = tabs.findIndex(([name]) => name === chosen);
        actions.tab(tabs[(place + step + tabs.length) % tabs.length][0], true);
      },
    },
    tabs.map(([name, title]) =>
      h(
        "button",
        {
          type: "button",
          role: "tab",
          id: `tab-${name}`,
          "aria-controls": "panel",
          "aria-selected": String(name === chosen),
          tabindex: name === chosen ? 0 : -1,
          onclick: () => actions.tab(name),
        },
        name === "talk" && detail.call.reading !== "conversation" ? "Overview" : title,
      ),
    ),
  );
  return h(
    "div",
    { class: "page" },
    heading(row, actions),
    facts(row, detail),
    bar,
    h("div", { role: "tabpanel", id: "panel", "aria-labelledby": `tab-${chosen}` }, views[chosen]()),
  );
}

function requestView(row, detail) {
  return h(
    "div",
    null,
    h("p", { class: "mono" }, `${row.method} ${row.url}`),
    headerTable("Headers", detail.request.headers),
    payload("Body", detail.request.body),
  );
}

function responseView(row, detail) {
  const { response } = detail;
  const line = row.failed
    ? `no HTTP answer: ${row.ended}`
    : `${response.http_version} ${row.status} ${response.reason}`;
  return h(
    "div",
    null,
    h("p", { class: "mono" }, line),
    response.error && h("p", { class: "hint" }, response.error),
    headerTable("Headers", response.headers),
    response.trailers.length > 0 && headerTable("Trailers", response.trailers),
    payload("Body", response.body, detail.stream),
  );
}

function headerTable(title, headers) {
  return h(
    "section",
    { class: "section" },
    h("h3", null, title),
    headers.length
      ? h(
          "table",
          { class: "headers" },
          h(
            "tbody",
            null,
            headers.map(([name, value]) =>
              h("tr", null, h("th", { scope: "row" }, name), h("td", null, clipped(value, 600))),
            ),
          ),
        )
      : h("p", { class: "hint" }, "none"),
  );
}

function payload(title, body, stream = null) {
  const size = `${bytes(body.size)}${body.packed ? ", sent compressed" : ""}`;
  if (body.form === "empty")
    return h("section", { class: "section" }, h("h3", null, title), h("p", { class: "hint" }, "none"));
  if (body.form === "stream") {
    const text = stream.events.map((one) => one.data).join("\n");
    return h(
      "section",
      { class: "section" },
      h(
        "h3",
        null,
        title,
        h("span", { class: "hint" }, `${size}, a stream of ${many(stream.events.length, "event")} (${stream.framing})`),
      ),
      h("pre", null, clipped(text, 20000)),
    );
  }
  if (body.form === "bytes") {
    const inner = body.picture
      ? picture({ data: body.picture, media_type: body.media_type, size: body.size })
      : h("div", { class: "part" }, h("b", null, body.media_type || "bytes that are no text"), size);
    return h("section", { class: "section" }, h("h3", null, title), inner);
  }
  return bodyView(title, body.text, body.form === "fields" ? `${size}, the fields of a form` : size);
}

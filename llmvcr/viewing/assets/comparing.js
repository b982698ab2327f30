// Two interactions beside each other: what is asked, what is answered, what came with it.

const MOST_CHANGES = 100;
const CONTEXT = 120; // characters of what is the same, on either side of what differs

function comparison(a, b, details) {
  const [one, other] = details;
  const asked = changes(one.compared.fields, other.compared.fields);
  const answered = changes(answerOf(a, one), answerOf(b, other));
  const headers = [
    ...changes(named(one.request.headers), named(other.request.headers)).map((change) => ({
      ...change,
      path: `request ${change.path}`,
    })),
    ...changes(named(one.response.headers), named(other.response.headers)).map((change) => ({
      ...change,
      path: `answer ${change.path}`,
    })),
  ];
  const same = one.compared.key === other.compared.key;
  return h(
    "div",
    { class: "comparison" },
    versus(a, b),
    h(
      "section",
      { class: "section" },
      h("h3", null, "What is asked"),
      same
        ? h("p", { class: "same" }, "The same request: the one answers where the other was recorded.")
        : [
            renamed(one.compared.fields, other.compared.fields),
            listed(asked, "They differ in what the matcher compares, in a text too long to be shown here."),
          ],
    ),
    h(
      "section",
      { class: "section" },
      h("h3", null, "What is answered"),
      listed(answered, "The same answer, word for word."),
    ),
    headers.length > 0 &&
      h(
        "section",
        { class: "section" },
        h(
          "details",
          null,
          h(
            "summary",
            { class: "hint" },
            `Headers: ${many(headers.length, "difference")}, which no call is matched by`,
          ),
          listed(headers, ""),
        ),
      ),
  );
}

// The matcher compares ids and the like by what they stand for: "\u27e8id 1\u27e9" is the first id of either request.
function renamed(...fields) {
  return (
    fields.some((one) => JSON.stringify(one).includes("\u27e8")) &&
    h(
      "p",
      { class: "hint" },
      "What stands in \u27e8 \u27e9 is not compared as it was sent: ids that each run draws anew, for example.",
    )
  );
}

function answerOf(row, detail) {
  const { call, response } = detail;
  const said = { status: call.status, error: call.error, ended: call.ended };
  const answers = call.answers.map((answer) => ({
    text: answer.text,
    parts: answer.parts,
    tool_calls: answer.tool_calls.map(({ name, arguments: given }) => ({ name, arguments: given })),
    finish_reason: answer.finish_reason,
  }));
  if (call.reading === "conversation") Object.assign(said, answers.length === 1 ? answers[0] : { answers });
  else if (!call.error)
    said.body =
      response.body.form === "json" ? (parsed(response.body.text) ?? response.body.text) : call.raw || call.summary;
  return Object.fromEntries(
    Object.entries(said).filter(([, value]) => value !== "" && !(Array.isArray(value) && !value.length)),
  );
}

function named(headers) {
  const found = Object.create(null); // a header may be called __proto__
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    found[key] = Object.hasOwn(found, key) ? `${found[key]}, ${value}` : value;
  }
  return found;
}

function versus(a, b) {
  const rows = [
    ["file", (row) => row.file.path],
    ["call", callName],
    ["model", (row) => row.model],
    ["outcome", outcome],
    ["tokens", tokens],
    ["took", (row) => time(row.duration_ms)],
    ["recorded", (row) => moment(row.recorded_at ?? "")],
  ]
    .map(([name, tell]) => [name, tell(a), tell(b)])
    .filter(([name, one, other]) => (one || other) && !(name === "file" && one === other));
  return h(
    "table",
    { class: "versus" },
    h(
      "thead",
      null,
      h(
        "tr",
        null,
        h("th"),
        [a, b].map((row, place) =>
          h("th", { scope: "col" }, h("a", { href: `#${row.place}` }, `${place ? "+" : "−"} #${row.number}`)),
        ),
      ),
    ),
    h(
      "tbody",
      null,
      rows.map(([name, one, other]) =>
        h(
          "tr",
          { class: one === other ? "" : "differs" },
          h("th", { scope: "row" }, name),
          h("td", null, one),
          h("td", null, other),
        ),
      ),
    ),
  );
}

function listed(found, nothing) {
  if (!found.length) return h("p", { class: "same" }, nothing);
  const box = h("div");
  gradually(box, found, changeView, MOST_CHANGES);
  return h("div", null, box);
}

function changeView({ path, a, b }) {
  const both = typeof a === "string" && typeof b === "string";
  const runs = both ? wordRuns(a, b) : null;
  const side = (value, place) => {
    if (value === ABSENT) return null;
    const kind = place ? "ins" : "del";
    const inner = runs
      ? around(runs[place], kind)
      : clipped(typeof value === "string" ? value : JSON.stringify(value, null, 2), 3000);
    return h("div", { class: `${place ? "side-b" : "side-a"}${typeof value === "string" ? "" : " value"}` }, inner);
  };
  const note = a === ABSENT ? "only in the second" : b === ABSENT ? "only in the first" : "";
  return h(
    "div",
    { class: "change" },
    h("div", { class: "path" }, path || "(all of it)", note && h("span", { class: "hint" }, `  ${note}`)),
    side(a, 0),
    side(b, 1),
  );
}

// Of what is the same only the edges are shown where it is long.
function around(runs, kind) {
  return runs.map(([same, text], place) => {
    if (!same) return h(kind, null, clipped(text, 3000));
    if (text.length <= 2 * CONTEXT + 40) return text;
    const head = place > 0 ? text.slice(0, CONTEXT) : "";
    const tail = place < runs.length - 1 ? text.slice(-CONTEXT) : "";
    return `${head} … ${tail}`;
  });
}

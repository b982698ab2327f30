// A call as people read it: who said what, the tools that were called, what they gave back.

const ASSISTANTS = new Set(["assistant", "model", "chatbot"]);
const EARLIER = 12; // messages of a history that are all shown; of a longer one the last of them
const CALM = 500; // characters of a system message before the rest waits

function conversation(row, detail) {
  const { call } = detail;
  const pictures = pictureFinder(detail);
  const names = new Map();
  for (const message of [...call.messages, ...call.answers]) {
    for (const one of message.tool_calls) if (one.id) names.set(one.id, one.name);
  }
  const turns = call.messages.map((message) => () => turn(message, { names, pictures: pictures.request }));
  const answers = call.answers.map((answer, place) =>
    turn(answer, {
      names,
      pictures: pictures.answer,
      answer: call.answers.length > 1 ? `answer ${place}` : "answer",
      note: answer.finish_reason,
    }),
  );
  const rest = pictures.answer.rest().map(picture);
  const box = h("div", { class: "conversation" });
  box.append(
    ...shown([
      asking(call),
      backlog(turns),
      !turns.length && row.asked && block("user", "asked", h("div", { class: "text", dir: "auto" }, row.asked)),
      answers,
      call.error &&
        block(
          "error",
          row.failed ? "no answer" : String(call.status),
          h("div", { class: "text" }, clipped(call.error)),
        ),
      call.summary && block("answer", "answer", h("div", { class: "text" }, call.summary)),
      call.reading === "raw" && call.raw && !detail.response.body.picture && block("answer", "answer", raw(call.raw)),
      call.reading === "raw" && !call.raw && !call.error && h("div", { class: "empty" }, "The answer has no body."),
      call.ended &&
        !call.error &&
        h(
          "p",
          { class: "hint section" },
          call.ended === "closed"
            ? "The client closed the answer before its end."
            : `The answer was cut: ${call.ended}.`,
        ),
      rest.length > 0 && block("answer", "pictures", rest),
    ]),
  );
  return box;
}

function asking(call) {
  const chips = Object.entries(call.parameters).map(([name, value]) =>
    h(
      "span",
      { class: "chip" },
      `${name} `,
      h("b", null, brief(typeof value === "string" ? value : JSON.stringify(value), 60)),
    ),
  );
  const rows = [];
  if (call.tools.length) {
    rows.push([
      "tools",
      call.tools
        .slice(0, 40)
        .map((name) => h("span", { class: "chip" }, h("b", null, h("code", null, brief(name, 60))))),
    ]);
  }
  if (chips.length) rows.push(["asked with", chips]);
  return (
    rows.length > 0 &&
    h(
      "div",
      { class: "asking" },
      rows.map(([name, inner]) =>
        h("div", null, h("span", { class: "role" }, name), h("div", { class: "chips" }, inner)),
      ),
    )
  );
}

function backlog(turns) {
  if (turns.length <= EARLIER + 2) return turns.map((make) => make());
  const hidden = turns.slice(1, -EARLIER);
  const button = h(
    "button",
    { class: "more", type: "button", onclick: () => button.replaceWith(...hidden.map((make) => make())) },
    `Show ${many(hidden.length, "earlier message")}`,
  );
  return [turns[0](), button, ...turns.slice(-EARLIER).map((make) => make())];
}

function block(kind, role, inner, note = "") {
  return h(
    "article",
    { class: `turn ${kind === "error" ? "answer error" : kind}` },
    h("h3", { class: "role" }, role, note && h("small", null, note)),
    h("div", { class: "said" }, inner),
  );
}

function turn(message, { names, pictures, answer = "", note = "" }) {
  const role = message.role.toLowerCase();
  const isTool = role === "tool" || role === "function";
  const system = role === "system" || role === "developer";
  // What a tool gave stands once, with the call that it is for.
  const text =
    message.text && !(isTool && message.tool_results.length) ? prose(message.text, system ? CALM : CLIP) : [];
  const said = [
    ...message.parts.filter((part) => part.kind === "thinking").map((part) => thought(part, Boolean(answer))),
    ...text,
    ...message.parts.filter((part) => part.kind !== "thinking").map((part) => piece(part, pictures)),
    ...message.tool_calls.map(toolCall),
    ...message.tool_results.map((result) => toolResult(result, names, pictures)),
  ];
  const kind = answer ? "answer" : system ? "system" : ASSISTANTS.has(role) ? "assistant" : isTool ? "tools" : "user";
  return block(kind, answer || message.role, said.length ? said : h("p", { class: "hint" }, "(nothing)"), note);
}

// Fenced code is set as code; nothing else of a text is interpreted.
function prose(text, most) {
  if (text.length > 200000 || !text.includes("```"))
    return [h("div", { class: "text", dir: "auto" }, clipped(text, most))];
  return text.split(/^```/m).map((part, index) => {
    const inside = index % 2 ? part.slice(part.indexOf("\n") + 1) : part.trim();
    if (!inside) return null;
    return index % 2
      ? h("pre", null, clipped(inside.trimEnd(), most))
      : h("div", { class: "text", dir: "auto" }, clipped(inside, most));
  });
}

function thought(part, open) {
  if (!part.text) return h("p", { class: "hint" }, "(thinking, not shown by the provider)");
  return h(
    "details",
    { class: "thought", open: open && part.text.length < 1200 },
    h("summary", null, `Thinking, ${many(part.text.length, "character")}`),
    h("div", { class: "text", dir: "auto" }, clipped(part.text)),
  );
}

function piece(part, pictures) {
  if (part.kind === "refusal") return h("p", null, h("b", null, "Refused: "), clipped(part.text));
  const found = part.kind === "image" && part.size !== null && pictures.take(part.size);
  if (found) return picture(found);
  const size = part.size === null ? "" : bytes(part.size);
  return h(
    "div",
    { class: "part" },
    h("b", null, part.media_type || part.kind),
    size,
    h("span", null, clipped(part.text, 300)),
  );
}

function toolCall(call) {
  const tree = parseJson(call.text);
  const pairs = tree?.kind === "object" ? tree.items : null;
  const inside = pairs
    ? pairs.length > 0 &&
      h(
        "dl",
        { class: "pairs" },
        pairs.map(([name, value]) => [h("dt", null, name), h("dd", null, argument(value))]),
      )
    : call.text && h("div", { class: "text mono" }, clipped(call.text));
  return h(
    "div",
    { class: "tool" },
    h(
      "header",
      null,
      h("span", { class: "way", "aria-hidden": "true" }, "→"),
      h("code", null, call.name || "(no name)"),
      pairs && !pairs.length && h("span", { class: "hint" }, "no arguments"),
      h("small", null, call.id),
    ),
    h("div", { class: "inside" }, inside),
  );
}

function argument(node) {
  if (node.kind === "string") return h("div", { class: "text", dir: "auto" }, clipped(node.value, 2000));
  return node.kind === "atom" ? h("code", null, node.value) : jsonTree(node);
}

function toolResult(result, names, pictures) {
  const name = names.get(result.id);
  const tree = /^\s*[{[]/.test(result.text) && result.text.length < 500000 ? parseJson(result.text) : null;
  return h(
    "div",
    { class: result.is_error ? "tool failed" : "tool" },
    h(
      "header",
      null,
      h("span", { class: "way", "aria-hidden": "true" }, "←"),
      h("code", null, name || result.id || "result"),
      result.is_error && "failed",
      name && h("small", null, result.id),
    ),
    h(
      "div",
      { class: "inside" },
      tree ? jsonTree(tree) : result.text && h("div", { class: "text", dir: "auto" }, clipped(result.text, 2500)),
      result.parts.map((part) => piece(part, pictures)),
    ),
  );
}

function raw(text) {
  const tree = text.length < 2000000 ? parseJson(text) : null;
  return tree && tree.items ? jsonTree(tree) : h("pre", null, clipped(text, 4000));
}

function brief(text, most) {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

// Pictures are named by where they stand in a body, and found again by their size for the part that shows them.
function pictureFinder(detail) {
  const side = (places, values) => {
    const left = [...places];
    const found = (place) => {
      const text = values()(place.path);
      return typeof text === "string"
        ? { ...place, data: text.startsWith("data:") ? text.slice(text.indexOf(",") + 1) : text }
        : null;
    };
    return {
      take: (size) => {
        const index = left.findIndex((place) => place.size === size);
        return index < 0 ? null : found(left.splice(index, 1)[0]);
      },
      rest: () => left.splice(0).map(found).filter(Boolean),
    };
  };
  const walk = (value, path) => path.reduce((inner, key) => inner?.[key], value);
  const whole = (body) => {
    const value = body.form === "json" ? parsed(body.text) : null;
    return (path) => walk(value, path);
  };
  const events = () => (path) =>
    walk(parsed(detail.stream.events.filter((one) => one.data.trim())[path[0]]?.data ?? ""), path.slice(1));
  const answer = detail.response.body;
  const own = answer.picture
    ? [{ path: [], media_type: answer.media_type, size: answer.size, data: answer.picture }]
    : [];
  const answered = side(detail.pictures.answer, answer.form === "stream" ? events : () => whole(answer));
  return {
    request: side(detail.pictures.request, () => whole(detail.request.body)),
    answer: { take: answered.take, rest: () => [...own, ...answered.rest()] },
  };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function picture(found) {
  const data = found.data.replaceAll("-", "+").replaceAll("_", "/");
  return h(
    "figure",
    { class: "picture" },
    h("img", {
      src: `data:${found.media_type};base64,${data}`,
      alt: `picture of ${bytes(found.size)}`,
      loading: "lazy",
    }),
    h("figcaption", null, `${found.media_type}, ${bytes(found.size)}`),
  );
}

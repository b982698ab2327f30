// JSON as it was spelt: numbers keep all their digits, and names that stand twice stay twice.

const DEEPEST = 150;
const ATOM = /^(?:-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|NaN|-?Infinity)$/;

function parseJson(source) {
  let at = 0;
  const fail = () => {
    throw new SyntaxError("no JSON");
  };
  const blank = () => {
    while (at < source.length && " \t\n\r".includes(source[at])) at += 1;
  };
  const string = () => {
    let end = at + 1;
    for (;;) {
      end = source.indexOf('"', end);
      if (end < 0) fail();
      let before = end - 1;
      while (source[before] === "\\") before -= 1;
      if ((end - before) % 2) break; // an even number of backslashes: this quote ends it
      end += 1;
    }
    const value = JSON.parse(source.slice(at, end + 1));
    at = end + 1;
    return value;
  };
  const value = (depth) => {
    if (depth > DEEPEST) fail();
    blank();
    const first = source[at];
    if (first === '"') return { kind: "string", value: string() };
    if (first !== "{" && first !== "[") {
      const start = at;
      while (at < source.length && !" \t\n\r,]}".includes(source[at])) at += 1;
      const text = source.slice(start, at);
      return ATOM.test(text) ? { kind: "atom", value: text } : fail();
    }
    const items = [];
    const end = first === "{" ? "}" : "]";
    at += 1;
    blank();
    while (source[at] !== end) {
      if (items.length) {
        if (source[at] !== ",") fail();
        at += 1;
        blank();
      }
      let key = null;
      if (first === "{") {
        if (source[at] !== '"') fail();
        key = string();
        blank();
        if (source[at] !== ":") fail();
        at += 1;
      }
      items.push([key, value(depth + 1)]);
      blank();
    }
    at += 1;
    return { kind: first === "{" ? "object" : "array", items };
  };
  try {
    const found = value(0);
    blank();
    return at === source.length ? found : null;
  } catch {
    return null;
  }
}

function jsonTree(node) {
  return h("div", { class: "json" }, branch(node, null, { left: 250 }));
}

function branch(node, key, budget) {
  const named = key === null ? [] : [h("span", { class: "k" }, clipped(JSON.stringify(key), 200)), ": "];
  if (!node.items) return h("div", { class: "leaf" }, named, leaf(node));
  const flat = node.kind === "array" && node.items.length > 3 && node.items.every(([, item]) => item.kind === "atom");
  if (flat || !node.items.length) {
    const [open, close] = node.kind === "array" ? "[]" : "{}";
    const inside = node.items.map(([, item]) => item.value).join(", ");
    return h(
      "div",
      { class: "leaf" },
      named,
      open,
      h("span", { class: "n" }, clipped(inside, 300)),
      close,
      flat && h("i", { class: "k" }, `  ${count(node.items.length)} values`),
    );
  }
  const kids = h("div", { class: "kids" });
  const word = node.kind === "array" ? ["item", "items"] : ["key", "keys"];
  const held = `${node.kind === "array" ? "[" : "{"} ${many(node.items.length, ...word)} ${node.kind === "array" ? "]" : "}"}`;
  const box = h("details", { ontoggle: () => fill() }, h("summary", null, named, h("i", null, held)), kids);
  let filled = false;
  function fill() {
    if (filled || !box.open) return;
    filled = true;
    gradually(kids, node.items, ([name, item]) => branch(item, name, budget), 100);
  }
  budget.left -= node.items.length;
  if (budget.left > 0) {
    box.open = true;
    fill();
  }
  return box;
}

function leaf(node) {
  if (node.kind === "atom") return h("span", { class: "n" }, node.value);
  return h("span", { class: "s" }, clipped(JSON.stringify(node.value), 800));
}

// A body that is JSON as a tree, with a way to see it as it stands and to copy it; any other text as it is.
function bodyView(title, text, note = "") {
  const tree = parseJson(text);
  const box = h("div");
  let raw = false;
  const draw = () => box.replaceChildren(tree && !raw ? jsonTree(tree) : h("pre", null, clipped(text, 20000)));
  const swap = h(
    "button",
    {
      type: "button",
      "aria-pressed": "false",
      onclick: () => {
        raw = !raw;
        swap.setAttribute("aria-pressed", String(raw));
        draw();
      },
    },
    "As it stands",
  );
  const copy = h(
    "button",
    {
      type: "button",
      onclick: () => {
        navigator.clipboard?.writeText(text).then(
          () => {
            copy.textContent = "Copied";
          },
          () => {
            copy.textContent = "Not allowed";
          },
        );
      },
    },
    "Copy",
  );
  draw();
  return h(
    "section",
    { class: "section" },
    h("h3", null, title, note && h("span", { class: "hint" }, note), h("span", { class: "tools" }, tree && swap, copy)),
    box,
  );
}

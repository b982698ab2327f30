// Nodes are made of tags and texts only: nothing of a recording is ever read as markup.

const SVG = "http://www.w3.org/2000/svg";
// Characters that turn the order of letters, or that nobody sees; they are named instead of being let loose.
const UNSEEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;
const CLIP = 6000;
const SLICE = 100000;

function h(tag, attributes, ...children) {
  return dressed(document.createElement(tag), attributes, children);
}

function svg(tag, attributes, ...children) {
  return dressed(document.createElementNS(SVG, tag), attributes, children);
}

function dressed(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false)
      node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...shown(children));
  return node;
}

function shown(children) {
  return children.flat(Infinity).flatMap((child) => {
    if (child === null || child === undefined || child === false) return [];
    return child instanceof Node ? [child] : letters(String(child));
  });
}

function letters(text) {
  if (!text) return [];
  if (text.search(UNSEEN) < 0) return [document.createTextNode(text)];
  const nodes = [];
  let from = 0;
  for (const found of text.matchAll(UNSEEN)) {
    if (found.index > from) nodes.push(document.createTextNode(text.slice(from, found.index)));
    const mark = document.createElement("span");
    mark.className = "unseen";
    mark.textContent = `U+${found[0].codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
    nodes.push(mark);
    from = found.index + 1;
  }
  if (from < text.length) nodes.push(document.createTextNode(text.slice(from)));
  return nodes;
}

// Where to cut a text at or before a place: behind a blank where one is near, and never within a character.
function cutBefore(text, place) {
  if (place >= text.length) return text.length;
  const blank = text.lastIndexOf(" ", place);
  if (blank > place - 40) return blank + 1;
  return text.codePointAt(place - 1) > 0xffff ? place - 1 : place;
}

// A long text shows its beginning; the rest comes in pieces that a browser can lay out at once.
function clipped(text, most = CLIP) {
  if (text.length <= most * 1.2) return letters(text);
  let at = cutBefore(text, most);
  const nodes = letters(text.slice(0, at));
  const button = h("button", { class: "more", type: "button" });
  const label = () => {
    const left = text.length - at;
    const all = left <= SLICE;
    button.textContent = `Show ${all ? "all" : count(SLICE)} of the ${all ? count(text.length) : `${count(left)} more`} characters`;
  };
  button.addEventListener("click", () => {
    const end = cutBefore(text, at + SLICE);
    button.before(...letters(text.slice(at, end)));
    at = end;
    if (at >= text.length) button.remove();
    else label();
  });
  label();
  return [...nodes, button];
}

function count(number) {
  return number.toLocaleString("en-US");
}

function many(number, one, several = `${one}s`) {
  return `${count(number)} ${number === 1 ? one : several}`;
}

function bytes(number) {
  if (number < 1024) return `${number} B`;
  return number < 1048576 ? `${(number / 1024).toFixed(1)} KB` : `${(number / 1048576).toFixed(1)} MB`;
}

function time(ms) {
  if (ms === null || ms === undefined) return "";
  if (ms === 0) return "0";
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

function money(dollars) {
  if (dollars === null) return "";
  return dollars && dollars < 0.01 ? `$${dollars.toPrecision(2)}` : `$${dollars.toFixed(2)}`;
}

// Items one after the other, some at first and more on request: the button for that stands behind `last`.
function gradually(box, items, make, step = 200, last = box) {
  let at = 0;
  const more = h("button", { class: "more", type: "button", onclick: () => add() });
  function add() {
    more.remove();
    box.append(...items.slice(at, at + step).map((item, index) => make(item, at + index)));
    at += step;
    if (at < items.length) {
      more.textContent = `Show ${count(Math.min(step, items.length - at))} more of ${count(items.length)}`;
      last.after(more);
    }
  }
  queueMicrotask(add); // they have their places by then
  return box;
}

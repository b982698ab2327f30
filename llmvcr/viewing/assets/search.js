// A search over everything, in the words of the list at once and in the bodies as they are unpacked.

const BEFORE = 24;
const AFTER = 90;
const MOST_KEPT = 64 * 1024 * 1024; // characters

function searcher(rows, load, found) {
  const kept = new Map();
  let held = 0;
  let running = 0;

  async function run(query) {
    const mine = ++running;
    const wanted = query.trim().toLowerCase();
    if (!wanted) {
      found(null, null, "");
      return;
    }
    const hits = new Map();
    const tell = (done) => {
      const all = done === rows.length;
      found(
        new Set(hits.keys()),
        hits,
        all
          ? hits.size
            ? `${many(hits.size, "interaction")} with it`
            : ""
          : `${count(hits.size)} so far, ${count(done)} of ${count(rows.length)} looked through`,
      );
    };
    let drawn = performance.now();
    for (const row of rows) {
      const text = kept.get(row.place) ?? (await unpack(row));
      if (mine !== running) return;
      const at = text.toLowerCase().indexOf(wanted);
      if (at >= 0) hits.set(row.place, snippet(text, at, wanted.length));
      if (performance.now() - drawn > 60) {
        tell(row.place + 1);
        await new Promise((resume) => setTimeout(resume));
        if (mine !== running) return;
        drawn = performance.now();
      }
    }
    tell(rows.length);
  }

  async function unpack(row) {
    const text = haystack(row, await load(row));
    if (held + text.length < MOST_KEPT) {
      kept.set(row.place, text);
      held += text.length;
    }
    return text;
  }

  return { run };
}

function haystack(row, detail) {
  const texts = [];
  const walk = (value) => {
    if (typeof value === "string") texts.push(value);
    else if (value && typeof value === "object")
      for (const [key, inner] of Object.entries(value)) {
        if (!Array.isArray(value)) texts.push(key);
        walk(inner);
      }
    else if (value !== null) texts.push(String(value));
  };
  const { call } = detail;
  for (const message of [...call.messages, ...call.answers]) {
    texts.push(message.text);
    walk([
      message.tool_calls.map((one) => [one.name, one.text, one.id]),
      message.tool_results.map((one) => [one.id, one.text]),
      message.parts.map((part) => part.text),
    ]);
  }
  texts.push(
    call.error,
    call.summary,
    call.raw,
    call.model,
    call.provider,
    call.endpoint,
    call.url,
    String(call.status),
    row.file.path,
  );
  walk([call.tools, call.parameters, detail.request.headers, detail.response.headers]);
  texts.push(detail.request.body.text, detail.response.body.text, ...detail.stream.events.map((one) => one.data));
  return texts.filter(Boolean).join("\n");
}

function snippet(text, at, length) {
  const flat = (one) => one.replace(/\s+/g, " ");
  return {
    before: (at > BEFORE ? "…" : "") + flat(text.slice(Math.max(0, at - BEFORE), at)),
    hit: flat(text.slice(at, at + length)),
    after: flat(text.slice(at + length, at + length + AFTER)),
  };
}

// Marks what is searched for in what is shown, without touching its nodes.
function highlighter(root) {
  if (!globalThis.Highlight || !CSS.highlights) return () => {};
  let wanted = "";
  let waiting = 0;
  const mark = () => {
    waiting = 0;
    CSS.highlights.delete("found");
    if (!wanted) return;
    const ranges = [];
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (walker.nextNode() && ranges.length < 2000) {
      const text = walker.currentNode.data.toLowerCase();
      if (text.length !== walker.currentNode.data.length) continue;
      for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length)) {
        const range = new Range();
        range.setStart(walker.currentNode, at);
        range.setEnd(walker.currentNode, at + wanted.length);
        ranges.push(range);
      }
    }
    if (ranges.length) CSS.highlights.set("found", new Highlight(...ranges));
  };
  const soon = () => {
    if (!waiting) waiting = requestAnimationFrame(mark);
  };
  new MutationObserver(soon).observe(root, { childList: true, subtree: true });
  return (query) => {
    wanted = query.trim().toLowerCase();
    soon();
  };
}

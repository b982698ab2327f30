// A stream as it arrived: how its bytes grew over time, and what was said up to any moment of it.

const WIDE = 1000;
const HIGH = 120;
const DENSE = 250; // from here on even ticks are a bar that says nothing

function streamView(detail) {
  const { chunks, events, head_ms: head } = detail.stream;
  const socket = detail.stream.framing === "websocket";
  const points = socket ? events.map((one) => [one.data.length, one.ms]) : chunks;
  const timed = points.length > 0 && points.every(([, ms]) => ms !== null);
  const box = h("div", { class: "stream" });
  const table = eventTable(events, timed, (place) => move(place));
  const spelling = speller(events, socket);
  let move = () => {};
  if (points.length) {
    const chart = timeChart(points, timed ? head : null, timed, (place) => show(place));
    move = (chunk) => chart.put(chunk);
    const readout = h("div", { class: "readout" });
    const play = h("button", { type: "button" }, "Play");
    play.hidden = points.length < 2;
    const words = h("span");
    readout.append(play, words);
    const show = (place) => {
      const [size, ms] = points[place];
      const before = place ? points[place - 1][1] : null;
      const reached = socket ? place : lastEvent(events, place);
      words.replaceChildren(
        ...shown([
          `${socket ? "message" : "chunk"} ${count(place + 1)} of ${count(points.length)}, ${bytes(size)}`,
          timed && `, after ${time(ms)}`,
          timed && before !== null && `, ${time(ms - before)} after the one before it`,
        ]),
      );
      chart.node.setAttribute("aria-valuetext", words.textContent);
      spelling?.upTo(reached);
      table.mark(reached);
    };
    player(play, points, timed, chart);
    chart.rest = () => {
      words.replaceChildren(...shown([outline(points, timed, head)]));
      chart.node.setAttribute("aria-valuetext", words.textContent);
      spelling?.upTo(events.length - 1);
    };
    box.append(
      h(
        "section",
        null,
        chart.node,
        h("div", { class: "axis", "aria-hidden": "true" }, axis(points, timed)),
        readout,
        !timed && h("p", { class: "hint" }, "This recording kept no times: the pieces stand in their order, evenly."),
      ),
    );
    chart.rest();
  }
  if (spelling) box.append(h("section", { class: "section" }, h("h3", null, "What the pieces say"), spelling.node));
  if (events.length) {
    box.append(
      h(
        "section",
        { class: "section" },
        h(
          "h3",
          null,
          socket ? many(events.length, "message") : many(events.length, "event"),
          h(
            "span",
            { class: "hint" },
            socket ? "as they crossed the connection" : `in ${many(chunks.length, "chunk")}`,
          ),
        ),
        table.node,
      ),
    );
  }
  if (!points.length && !events.length)
    box.append(h("div", { class: "empty" }, "Nothing arrived: the answer has no body."));
  return box;
}

function outline(points, timed, head) {
  const gaps = timed
    ? points
        .slice(1)
        .map(([, ms], place) => ms - points[place][1])
        .sort((a, b) => a - b)
    : [];
  return [
    many(points.length, "piece"),
    `, ${bytes(points.reduce((sum, [size]) => sum + size, 0))}`,
    timed && head !== null && `; head after ${time(head)}, first piece after ${time(points[0][1])}`,
    gaps.length > 0 &&
      `; between pieces ${time(gaps[gaps.length >> 1])} (median), ${time(gaps[gaps.length - 1])} at most`,
  ];
}

function axis(points, timed) {
  const end = timed ? points[points.length - 1][1] : points.length;
  return [0, 0.25, 0.5, 0.75, 1].map((share) =>
    h("span", null, timed ? time(end * share) : count(Math.round(end * share))),
  );
}

function timeChart(points, head, timed, moved) {
  const last = timed ? Math.max(points[points.length - 1][1], 0.001) : points.length;
  const x = points.map(([, ms], place) => ((timed ? ms : place + 1) / last) * WIDE);
  const total = points.reduce((sum, [size]) => sum + size, 0) || 1;
  const most = Math.max(...points.slice(0, 50000).map(([size]) => size), 1);
  let grown = 0;
  let edge = `M0 ${HIGH}`;
  let ticks = "";
  points.forEach(([size], place) => {
    grown += size;
    edge += `H${x[place].toFixed(2)}V${(HIGH - (grown / total) * (HIGH - 14)).toFixed(2)}`;
    ticks += `M${x[place].toFixed(2)} ${HIGH}v${(-4 - 20 * Math.sqrt(size / most)).toFixed(1)}`;
  });
  const cursor = svg("line", { class: "cursor", y1: 0, y2: HIGH, x1: -9, x2: -9 });
  const node = svg(
    "svg",
    {
      class: "chart",
      viewBox: `0 0 ${WIDE} ${HIGH}`,
      preserveAspectRatio: "none",
      role: "slider",
      tabindex: 0,
      "aria-label": "Moment of the stream",
      "aria-valuemin": 1,
      "aria-valuemax": points.length,
      "aria-valuenow": points.length,
    },
    head !== null && svg("rect", { class: "wait", x: 0, y: 0, width: ((head / last) * WIDE).toFixed(2), height: HIGH }),
    svg("path", { class: "grown", d: `${edge}V${HIGH}Z` }),
    svg("path", { class: "edge", d: edge }),
    (timed || points.length < DENSE) && svg("path", { class: "ticks", d: ticks }),
    cursor,
  );
  const chart = { node, rest: () => {}, put, clear };
  let at = points.length - 1;
  function put(place) {
    at = Math.max(0, Math.min(points.length - 1, place));
    cursor.setAttribute("x1", x[at]);
    cursor.setAttribute("x2", x[at]);
    node.setAttribute("aria-valuenow", at + 1);
    moved(at);
  }
  function clear() {
    cursor.setAttribute("x1", -9);
    cursor.setAttribute("x2", -9);
    chart.rest();
  }
  const nearest = (event) => {
    const frame = node.getBoundingClientRect();
    const wanted = ((event.clientX - frame.left) / frame.width) * WIDE;
    let low = 0;
    let high = x.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (x[middle] < wanted) low = middle + 1;
      else high = middle;
    }
    return low && wanted - x[low - 1] < x[low] - wanted ? low - 1 : low;
  };
  node.addEventListener("pointermove", (event) => put(nearest(event)));
  node.addEventListener("pointerdown", (event) => put(nearest(event)));
  node.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && clear());
  node.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, PageDown: -10, PageUp: 10 }[event.key];
    const place = event.key === "Home" ? 0 : event.key === "End" ? points.length - 1 : step && at + step;
    if (place === undefined) return;
    event.preventDefault();
    put(place);
  });
  return chart;
}

// Plays the stream as fast as it came; without times, at a pace to read along.
function player(button, points, timed, chart) {
  let frame = 0;
  const stop = () => {
    cancelAnimationFrame(frame);
    frame = 0;
    button.textContent = "Play";
  };
  button.addEventListener("click", () => {
    if (frame) {
      stop();
      chart.clear();
      return;
    }
    button.textContent = "Stop";
    const began = performance.now();
    let place = -1;
    const step = (now) => {
      const gone = now - began;
      const before = place;
      while (place + 1 < points.length && (timed ? points[place + 1][1] : (place + 1) * 40) <= gone) place += 1;
      if (place > before) chart.put(place);
      if (place + 1 >= points.length || !button.isConnected) stop();
      else frame = requestAnimationFrame(step);
    };
    frame = requestAnimationFrame(step);
  });
}

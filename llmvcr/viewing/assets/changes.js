// What differs between two JSON values, by path, in the words that `llmvcr diff` has for it.

const ABSENT = Symbol("absent");
// Names beside "body" in what the matcher compares; a key of a body that is called so keeps its "body." in front.
const FIELDS = new Set(["body", "endpoint", "host", "kind", "method", "path", "port", "query", "scheme", "url"]);
const PLAIN_KEY = /^[\p{L}_][\p{L}\p{N}_$-]*$/u;
const WORD = /[\p{L}\p{N}_]+|\s+|[^\p{L}\p{N}_\s]/gu;
const MOST_PAIRS = 160000;
const MOST_WORD_PAIRS = 4000000;

function changes(a, b) {
  const found = [];
  compare("", a, b, found);
  return found;
}

function compare(path, a, b, found) {
  const kinds = [kindOf(a), kindOf(b)];
  if (kinds[0] === "object" && kinds[1] === "object") {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      if (!Object.hasOwn(b, key)) found.push({ path: below(path, key), a: a[key], b: ABSENT });
      else if (!Object.hasOwn(a, key)) found.push({ path: below(path, key), a: ABSENT, b: b[key] });
      else compare(below(path, key), a[key], b[key], found);
    }
  } else if (kinds[0] === "array" && kinds[1] === "array") {
    compareLists(path, a, b, found);
  } else if (kinds[0] !== kinds[1] || a !== b) {
    found.push({ path, a, b });
  }
}

function compareLists(path, a, b, found) {
  for (const [left, right] of aligned(a.map(stable), b.map(stable), MOST_PAIRS)) {
    if (right === null) found.push({ path: `${path}[${left}]`, a: a[left], b: ABSENT });
    else if (left === null) found.push({ path: `${path}[${right}]`, a: ABSENT, b: b[right] });
    else compare(`${path}[${right}]`, a[left], b[right], found);
  }
}

function kindOf(value) {
  return value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
}

function below(path, key) {
  if (!PLAIN_KEY.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return !path || (path === "body" && !FIELDS.has(key)) ? key : `${path}.${key}`;
}

function stable(value) {
  return JSON.stringify(value, (_, inner) =>
    kindOf(inner) === "object" ? Object.fromEntries(Object.entries(inner).sort(([x], [y]) => (x < y ? -1 : 1))) : inner,
  );
}

// Pairs of indexes that do not have the same on both sides; null where a side has nothing.
function aligned(a, b, most) {
  let start = 0;
  let tail = 0;
  const shorter = Math.min(a.length, b.length);
  while (start < shorter && a[start] === b[start]) start += 1;
  while (tail < shorter - start && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail += 1;
  const rows = a.length - start - tail;
  const columns = b.length - start - tail;
  const pairs = [];
  const flush = (i, iEnd, j, jEnd) => {
    for (; i < iEnd || j < jEnd; i += 1, j += 1) pairs.push([i < iEnd ? i : null, j < jEnd ? j : null]);
  };
  if (rows * columns > most) {
    flush(start, start + rows, start, start + columns);
    return pairs;
  }
  // The longest common subsequence: best[i][j] is its length from i and j on.
  const wide = columns + 1;
  const best = new Uint32Array((rows + 1) * wide);
  for (let i = rows - 1; i >= 0; i -= 1) {
    for (let j = columns - 1; j >= 0; j -= 1) {
      best[i * wide + j] =
        a[start + i] === b[start + j]
          ? best[(i + 1) * wide + j + 1] + 1
          : Math.max(best[(i + 1) * wide + j], best[i * wide + j + 1]);
    }
  }
  let [i, j, fromI, fromJ] = [0, 0, 0, 0];
  while (i < rows && j < columns) {
    if (a[start + i] === b[start + j]) {
      flush(start + fromI, start + i, start + fromJ, start + j);
      i += 1;
      j += 1;
      [fromI, fromJ] = [i, j];
    } else if (best[(i + 1) * wide + j] >= best[i * wide + j + 1]) i += 1;
    else j += 1;
  }
  flush(start + fromI, start + rows, start + fromJ, start + columns);
  return pairs;
}

// Two texts as runs of [same on both sides?, text of a, text of b], by words.
function wordRuns(a, b) {
  const [left, right] = [a.match(WORD) ?? [], b.match(WORD) ?? []];
  const pairs = aligned(left, right, MOST_WORD_PAIRS);
  const [changedLeft, changedRight] = [new Set(), new Set()];
  for (const [i, j] of pairs) {
    if (i !== null) changedLeft.add(i);
    if (j !== null) changedRight.add(j);
  }
  const side = (words, changed) => {
    const runs = [];
    words.forEach((word, place) => {
      const same = !changed.has(place);
      if (runs.length && runs[runs.length - 1][0] === same) runs[runs.length - 1][1] += word;
      else runs.push([same, word]);
    });
    return runs;
  };
  return [side(left, changedLeft), side(right, changedRight)];
}

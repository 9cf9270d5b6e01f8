// What the page was given, in words and in order.
"use strict";

const byId = (id) => document.getElementById(id);
const counted = (number) => number.toLocaleString("en");
const root = document.documentElement;
const stillness = matchMedia("(prefers-reduced-motion: reduce)");

const given = JSON.parse(byId("data").textContent);

const hashes = given.hashes.map(([name, bits], number) => {
  let largest = 0;
  for (const row of given.rows) largest = Math.max(largest, row[4][number] ?? 0);
  // half of the bits differ between unrelated pictures; an NMF hash is 1 away from them
  const unrelated = bits ? bits / 2 : Math.max(1, largest);
  return { name, bits, largest, unrelated, step: bits ? 1 : Math.max(largest / 200, 1e-6) };
});

const pictures = given.pictures.map(
  ([folder, base, width, height, thumbnail, thumbWidth, thumbHeight, why]) => ({
    folder, base, width, height, thumbnail, why,
    name: folder + base,
    ratio: thumbHeight && thumbWidth / thumbHeight,
  }),
);

/** How the found picture lies on the entry, both taken as a square of side 1. */
class Motion {
  constructor([places, ...numbers]) {
    this.places = places;
    [this.a, this.b, this.c, this.d, this.e, this.f] = numbers;
  }

  /** Return the corners of the found picture on the entry. */
  onEntry() {
    const { a, b, c, d, e, f } = this;
    return SQUARE.map(([x, y]) => [a * x + b * y + c, d * x + e * y + f]);
  }

  /** Return the corners of the entry on the found picture. */
  onFound() {
    const { a, b, c, d, e, f } = this;
    const area = a * e - b * d;
    return SQUARE.map(([x, y]) => [
      (e * (x - c) - b * (y - f)) / area,
      (a * (y - f) - d * (x - c)) / area,
    ]);
  }

  /** Return the CSS transform that lays the found picture, stretched to the entry, on it. */
  css(ratio) {
    const { a, b, c, d, e, f } = this;
    return `translate(${100 * c}%, ${100 * f}%) matrix(${a}, ${d / ratio}, ${b * ratio}, ${e}, 0, 0)`;
  }
}

const SQUARE = [[0, 0], [1, 0], [1, 1], [0, 1]];

const rows = given.rows.map(
  ([found, entry, outcome, pose, distances, expected, odds, reason, group, motion], number) => ({
    number, distances, expected, odds, reason, group,
    motion: motion && pictures[found].ratio && pictures[entry].ratio ? new Motion(motion) : null,
    found: pictures[found],
    entry: pictures[entry],
    outcome: given.outcomes[outcome],
    rank: outcome,
    pose: given.poses[pose],
    searched: `${pictures[found].name}\n${pictures[entry].name}\n${reason}\n${group}`.toLowerCase(),
  }),
);

/** The thumbnails stand in blocks behind this script; each is parsed when first looked at. */
const thumbnails = {
  elements: document.getElementsByClassName("thumbnails"),
  blocks: new Map(),
  /** Return a data URI; "" while its block has not arrived yet. */
  uri(number) {
    const block = Math.floor(number / given.perBlock);
    const complete = document.readyState !== "loading" || block + 1 < this.elements.length;
    if (!this.blocks.has(block)) {
      if (!complete || block >= this.elements.length) return "";
      this.blocks.set(block, JSON.parse(this.elements[block].textContent));
    }
    return `data:${given.mime};base64,${this.blocks.get(block)[number % given.perBlock]}`;
  },
};

// ---- words --------------------------------------------------------------------------------------

const POSES = {
  "original": "",
  "rotate-90": "turned 90° counter-clockwise",
  "rotate-180": "turned upside down",
  "rotate-270": "turned 90° clockwise",
  "flip-top-bottom": "mirrored top to bottom",
  "flip-left-right": "mirrored left to right",
  "transpose": "mirrored at the falling diagonal",
  "transverse": "mirrored at the rising diagonal",
};

function oddsSentence(row, where) {
  if (!row.odds) return "";
  return row.expected < 1
    ? `${row.odds} look-ups${where} would show this by chance`
    : `Chance alone would show ${row.odds} like this in each look-up`;
}

function distanceText(hash, distance) {
  if (distance === null || distance === undefined) return "none";
  if (hash.bits) return `${distance} of ${hash.bits}`;
  return Number.isInteger(distance) ? String(distance) : distance.toPrecision(3);
}

const named = ({ name, width, height }) => (width ? `${name}, ${width} × ${height}` : name);

// ---- what is shown, in which order --------------------------------------------------------------

const state = {
  text: "",
  outcomes: new Set(given.outcomes),
  hash: 0,
  ceiling: Infinity,
  sort: "given",
  reversed: false,
  group: "none",
  closed: new Set(),
  aligned: true,
};

const collator = new Intl.Collator(undefined, { numeric: true });
const far = (number) => number ?? Infinity;
const difference = (a, b) => (a === b ? 0 : a - b); // equal infinities have none
const SORTS = {
  given: ["as found", (a, b) => a.number - b.number],
  outcome: ["outcome", (a, b) => a.rank - b.rank],
  distance: ["distance", (a, b) => difference(far(a.distances[state.hash]), far(b.distances[state.hash]))],
  odds: ["odds", (a, b) => difference(far(a.expected), far(b.expected))],
  found: ["name found", (a, b) => collator.compare(a.found.name, b.found.name)],
  entry: ["name of entry", (a, b) => collator.compare(a.entry.name, b.entry.name)],
};
const GROUPS = {
  none: ["none", () => ""],
  entry: ["entry", (row) => row.entry.name],
  folder: ["folder", (row) => row.found.folder || "./"],
  outcome: ["outcome", (row) => row.outcome[0].toUpperCase() + row.outcome.slice(1)],
  copies: ["copies", (row) => row.group || "in no group"],
};

/** Return the rows that pass every filter, ordered. */
function chosenRows() {
  const limit = state.ceiling;
  const passes = (row) =>
    state.outcomes.has(row.outcome) &&
    (limit === Infinity || far(row.distances[state.hash]) <= limit) &&
    (!state.text || row.searched.includes(state.text));
  const compare = SORTS[state.sort][1];
  const sign = state.reversed ? -1 : 1;
  return rows.filter(passes).sort((a, b) => sign * (compare(a, b) || a.number - b.number));
}

/** Return rows with a heading before each group; rows of closed groups are left out. */
function grouped(chosen) {
  if (state.group === "none") return chosen.map((row) => ({ row }));
  const groups = new Map();
  for (const row of chosen) {
    const name = GROUPS[state.group][1](row);
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(row);
  }
  return [...groups].flatMap(([name, members]) => [
    { heading: name, number: members.length },
    ...(state.closed.has(name) ? [] : members.map((row) => ({ row }))),
  ]);
}

// The list: only what is near the window is in the document.

const OVERSCAN_PX = 900; // drawn above and below the window, so that scrolling meets no blanks

const list = {
  element: byId("list"),
  items: [],
  tops: [0],
  drawn: new Map(), // item number to element
  rulers: ["", " for-heading"].map((kind) => {
    const ruler = document.createElement("div");
    ruler.className = `ruler${kind}`;
    byId("list").after(ruler);
    return ruler;
  }),

  show(items) {
    this.items = items;
    for (const element of this.drawn.values()) element.remove();
    this.drawn.clear();
    this.measure();
  },

  measure() {
    const [match, heading] = this.rulers.map((ruler) => ruler.offsetHeight);
    this.tops = new Float64Array(this.items.length + 1);
    this.items.forEach((item, at) => {
      this.tops[at + 1] = this.tops[at] + (item.row ? match : heading);
    });
    this.element.style.height = `${this.tops[this.items.length]}px`;
    for (const [at, element] of this.drawn) element.style.top = `${this.tops[at]}px`;
    this.draw();
  },

  /** Return the number of the item at ``y`` pixels below the top of the list. */
  at(y) {
    let low = 0;
    let high = this.items.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.tops[middle + 1] <= y) low = middle + 1;
      else high = middle;
    }
    return low;
  },

  draw() {
    const above = -this.element.getBoundingClientRect().top;
    const first = this.at(Math.max(0, above - OVERSCAN_PX));
    const last = Math.min(this.items.length, this.at(above + innerHeight + OVERSCAN_PX) + 1);
    for (const [at, element] of this.drawn) {
      const kept = (at >= first && at < last) || element.contains(document.activeElement);
      if (!kept) {
        element.remove();
        this.drawn.delete(at);
      }
    }
    for (let at = first; at < last; at += 1) if (!this.drawn.has(at)) this.add(at);
  },

  add(at) {
    const item = this.items[at];
    const element = item.row ? matchElement(item.row, at) : headingElement(item);
    element.style.top = `${this.tops[at]}px`;
    element.setAttribute("aria-setsize", this.items.length);
    element.setAttribute("aria-posinset", at + 1);
    let following = null; // elements stand in the order of the list, so that Tab follows it
    let nearest = Infinity;
    for (const [other, drawn] of this.drawn) {
      if (other > at && other < nearest) [nearest, following] = [other, drawn];
    }
    this.element.insertBefore(element, following);
    this.drawn.set(at, element);
  },

  /** Scroll an item into view, clear of the tools, and put the focus on it. */
  focus(at) {
    const covered = byId("tools").offsetHeight + 8;
    const top = this.element.getBoundingClientRect().top + this.tops[at];
    const bottom = this.element.getBoundingClientRect().top + this.tops[at + 1];
    if (top < covered) scrollBy(0, top - covered);
    else if (bottom > innerHeight) scrollBy(0, Math.min(bottom - innerHeight, top - covered));
    this.draw();
    this.drawn.get(at)?.querySelector("button").focus({ preventScroll: true });
    this.draw();
  },

  /** Return the number of the item that has the focus, -1 where none has. */
  focused() {
    const holds = ([, element]) => element.contains(document.activeElement);
    return [...this.drawn].find(holds)?.[0] ?? -1;
  },

  step(by) {
    if (!this.items.length) return;
    const from = this.focused();
    const covered = byId("tools").offsetHeight;
    const seen = this.at(Math.max(0, covered - this.element.getBoundingClientRect().top));
    const to = from < 0 ? seen : from + by;
    this.focus(Math.max(0, Math.min(this.items.length - 1, to)));
  },
};

function showPicture(frame, picture, pose) {
  const image = frame.querySelector("img");
  image.dataset.pose = pose;
  const uri = picture.thumbnail >= 0 ? thumbnails.uri(picture.thumbnail) : "";
  if (uri) image.src = uri;
  else image.removeAttribute("src");
  frame.querySelector(".why").textContent = picture.why;
}

function showPair([found, entry], row) {
  showPicture(found, row.found, state.aligned ? row.pose : "original");
  showPicture(entry, row.entry, "original");
}

/** Draw the pictures of all rows in the document again. */
function showPairs() {
  for (const [at, element] of list.drawn) {
    const { row } = list.items[at];
    if (row) showPair(element.querySelectorAll(".frame"), row);
  }
}

function matchElement(row, at) {
  const element = byId("match").content.firstElementChild.cloneNode(true);
  showPair(element.querySelectorAll(".frame"), row);
  const pair = element.querySelector(".pair");
  pair.setAttribute("aria-label", `Compare ${row.found.name} with ${row.entry.name}, ${row.outcome}`);
  pair.addEventListener("click", () => viewer.open(at));
  for (const role of ["found", "entry"]) {
    const name = element.querySelector(`.name.${role}`);
    name.title = row[role].name;
    name.querySelector(".base").textContent = row[role].base;
    name.querySelector(".folder").textContent = row[role].folder;
  }
  element.dataset.outcome = row.outcome;
  element.querySelector(".badge").textContent = row.outcome;
  element.querySelector(".odds").textContent = oddsSentence(row, "");
  element.querySelector(".reason").textContent = row.reason;
  element.querySelector(".meters").append(...meters(row));
  const tags = [
    row.motion && `${counted(row.motion.places)} places in line`,
    POSES[row.pose] && `found picture ${POSES[row.pose]}`,
    row.group,
  ].filter(Boolean);
  element.querySelector(".tags").append(...tags.map((tag) => textElement("span", tag)));
  return element;
}

function textElement(name, text, className = "") {
  const element = document.createElement(name);
  element.className = className;
  element.textContent = text;
  return element;
}

function track(hash, distance) {
  const element = textElement("span", "", "track");
  const fill = document.createElement("i");
  fill.style.setProperty("--share", `${Math.min(100, (100 * distance) / hash.unrelated)}%`);
  element.append(fill);
  return element;
}

/** Return a meter for each distance, that of the chosen hash first: not all may have room. */
function meters(row) {
  const ordered = [state.hash, ...hashes.keys()].filter((number, at) => !at || number !== state.hash);
  return ordered.flatMap((number) => {
    const hash = hashes[number];
    const distance = row.distances[number] ?? null;
    if (distance === null) return [];
    const item = document.createElement("li");
    const value = textElement("span", distanceText(hash, distance), "value");
    item.append(textElement("span", hash.name, "hash"), value, track(hash, distance));
    return [item];
  });
}

function headingElement({ heading, number }) {
  const element = byId("heading").content.firstElementChild.cloneNode(true);
  const button = element.querySelector("button");
  element.querySelector("bdi").textContent = heading;
  element.querySelector(".number").textContent = counted(number);
  button.setAttribute("aria-expanded", !state.closed.has(heading));
  button.addEventListener("click", () => {
    if (!state.closed.delete(heading)) state.closed.add(heading);
    const at = list.focused();
    refresh();
    list.focus(at);
  });
  return element;
}

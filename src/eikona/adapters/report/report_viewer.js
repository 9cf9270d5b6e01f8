// Two pictures, large.

const BLINK_MS = 700;

const viewer = {
  dialog: byId("viewer"),
  stage: byId("stage"),
  at: -1, // number of the item
  openedFrom: -1, // number of the item that the browser gives the focus back to
  timer: 0,

  open(at, mode = this.stage.dataset.mode || "slider") {
    this.at = at;
    this.show();
    if (!this.dialog.open) {
      this.openedFrom = list.focused();
      this.dialog.showModal();
    }
    this.compare(mode);
  },

  show() {
    const row = list.items[this.at].row;
    byId("viewer-title").textContent = `${row.found.base} and ${row.entry.base}`;
    byId("viewer-badge").textContent = row.outcome;
    byId("viewer-badge").dataset.outcome = row.outcome;
    const matches = list.items.filter((item) => item.row);
    const place = matches.indexOf(list.items[this.at]) + 1;
    byId("viewer-place").textContent = `${counted(place)} of ${counted(matches.length)}`;
    byId("previous").disabled = this.beside(-1) < 0;
    byId("next").disabled = this.beside(1) < 0;
    this.stage.style.setProperty("--ratio", row.entry.ratio || row.found.ratio || 1.5);
    this.align();
    byId("viewer-facts").replaceChildren(...this.facts(row));
    byId("viewer-distances").replaceChildren(...this.distances(row));
  },

  align() {
    const { row } = list.items[this.at];
    showPair([".found", ".entry"].map((each) => this.stage.querySelector(each)), row);
    this.stage.dataset.aligned = state.aligned;
    const words = POSES[row.pose];
    const { motion } = row;
    this.stage.dataset.motion = Boolean(motion);
    if (motion) {
      this.lay(row);
      byId("hint").textContent =
        `${counted(motion.places)} places of both lie on each other; the outline shows where.`;
      return;
    }
    byId("hint").textContent = !words ? "" : state.aligned
      ? `The found picture is shown ${words}, as the entry stands.`
      : `The found picture is shown as it is; ${words}, it stands as the entry does.`;
  },

  /** Show a found picture as its places lie on the entry, with the outlines of both. */
  lay({ found, entry, motion }) {
    const frames = [".found", ".entry"].map((each) => this.stage.querySelector(each));
    showPicture(frames[0], found, "original"); // the motion turns it
    this.stage.style.setProperty("--motion", motion.css(entry.ratio));
    outline(frames[0].querySelector("svg"), motion.onFound(), found.ratio);
    for (const svg of [frames[1].querySelector("svg"), byId("outline")]) {
      outline(svg, motion.onEntry(), entry.ratio);
    }
  },

  facts(row) {
    const facts = [
      ["Found", named(row.found)],
      ["Entry", named(row.entry)],
      ["Group", row.group],
      ["Reason", row.reason],
      ["Odds", oddsSentence(row, " against a bank of this size")],
    ];
    return facts.filter(([, said]) => said).flatMap(([name, said]) => {
      const value = document.createElement("dd");
      value.append(textElement("bdi", said));
      return [textElement("dt", name), value];
    });
  },

  distances(row) {
    return hashes.flatMap((hash, number) => {
      const distance = row.distances[number] ?? null;
      if (distance === null) return [];
      const line = document.createElement("tr");
      const name = textElement("th", hash.name);
      name.scope = "row";
      const bar = document.createElement("td");
      bar.append(track(hash, distance));
      line.append(name, textElement("td", distanceText(hash, distance), "value"), bar);
      return [line];
    });
  },

  /** Return the number of the match before or after this one, -1 where there is none. */
  beside(by) {
    let at = this.at + by;
    while (list.items[at] && !list.items[at].row) at += by;
    return list.items[at] ? at : -1;
  },

  step(by) {
    const to = this.beside(by);
    if (to >= 0) this.open(to);
  },

  /** Compare by slider, blink or side; asked to blink again, show the other picture once. */
  compare(mode) {
    const again = mode === "blink" && this.stage.dataset.mode === "blink" && this.timer;
    clearInterval(this.timer);
    this.timer = 0;
    this.stage.dataset.mode = mode;
    for (const button of this.dialog.querySelectorAll("[data-mode][type]")) {
      button.setAttribute("aria-pressed", button.dataset.mode === mode);
    }
    if (mode === "blink") {
      if (again || stillness.matches) this.flip();
      else this.timer = setInterval(() => this.flip(), BLINK_MS);
    }
    (mode === "slider" ? byId("slider") : this.stage).focus({ preventScroll: true });
  },

  flip() {
    this.stage.dataset.flip = this.stage.dataset.flip !== "true";
  },

  closed() {
    clearInterval(this.timer);
    this.timer = 0;
    const focused = list.focused(); // a quick reader may have moved on already
    if (focused < 0 || focused === this.openedFrom) list.focus(this.at);
  },
};

/** Draw a figure whose corners are shares of a picture's sides. */
function outline(svg, corners, ratio) {
  svg.setAttribute("viewBox", `0 0 ${ratio} 1`);
  const points = corners.map(([x, y]) => `${x * ratio},${y}`).join(" ");
  const picture = svg.firstElementChild; // cuts off what lies outside
  picture.setAttribute("width", ratio);
  picture.setAttribute("height", 1);
  for (const polygon of picture.children) polygon.setAttribute("points", points);
}

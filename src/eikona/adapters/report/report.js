"use strict";
(() => {
  const OVERSCAN_PX = 900; // drawn above and below the window, so that scrolling meets no blanks
  const BLINK_MS = 700;
  const TEXT_DELAY_MS = 120; // after the last key before the list is filtered

  const byId = (id) => document.getElementById(id);
  const counted = (number) => number.toLocaleString("en");
  const root = document.documentElement;
  const stillness = matchMedia("(prefers-reduced-motion: reduce)");

  // ---- what the page was given ----------------------------------------------------------------

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
      ratio: thumbHeight ? thumbWidth / thumbHeight : 0,
    }),
  );

  const rows = given.rows.map(
    ([found, entry, outcome, pose, distances, expected, odds, reason, group], number) => ({
      number, distances, expected, odds, reason, group,
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

  // ---- words ----------------------------------------------------------------------------------

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

  const sizeText = (picture) => (picture.width ? `${picture.width} × ${picture.height}` : "");

  // ---- what is shown, in which order ----------------------------------------------------------

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
    copies: ["copies of each other", (row) => row.group || "in no group"],
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

  // ---- the list: only what is near the window is in the document ------------------------------

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
      for (const [at, element] of this.drawn) if (element.contains(document.activeElement)) return at;
      return -1;
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

  function matchElement(row, at) {
    const element = byId("match").content.firstElementChild.cloneNode(true);
    const [found, entry] = element.querySelectorAll(".frame");
    showPicture(found, row.found, state.aligned ? row.pose : "original");
    showPicture(entry, row.entry, "original");
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
    const tags = [POSES[row.pose] && `found picture ${POSES[row.pose]}`, row.group].filter(Boolean);
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

  // ---- two pictures, large --------------------------------------------------------------------

  const viewer = {
    dialog: byId("viewer"),
    stage: byId("stage"),
    at: -1, // number of the item
    timer: 0,

    open(at, mode = this.stage.dataset.mode || "slider") {
      this.at = at;
      this.show();
      if (!this.dialog.open) this.dialog.showModal();
      this.compare(mode);
    },

    show() {
      const row = list.items[this.at].row;
      byId("viewer-title").textContent = `${row.found.base} and ${row.entry.base}`;
      byId("viewer-badge").textContent = row.outcome;
      byId("viewer-badge").dataset.outcome = row.outcome;
      const matches = list.items.filter((item) => item.row);
      byId("viewer-place").textContent =
        `${counted(matches.indexOf(list.items[this.at]) + 1)} of ${counted(matches.length)}`;
      byId("previous").disabled = this.beside(-1) < 0;
      byId("next").disabled = this.beside(1) < 0;
      this.stage.style.setProperty("--ratio", row.entry.ratio || row.found.ratio || 1.5);
      this.align();
      byId("viewer-facts").replaceChildren(...this.facts(row));
      byId("viewer-distances").replaceChildren(...this.distances(row));
    },

    align() {
      const row = list.items[this.at].row;
      const pose = state.aligned ? row.pose : "original";
      showPicture(this.stage.querySelector(".found"), row.found, pose);
      showPicture(this.stage.querySelector(".entry"), row.entry, "original");
      this.stage.dataset.aligned = state.aligned;
      const words = POSES[row.pose];
      byId("hint").textContent = !words ? "" : state.aligned
        ? `The found picture is shown ${words}, as the entry stands.`
        : `The found picture is shown as it is; ${words}, it stands as the entry does.`;
    },

    facts(row) {
      const facts = [
        ["Found", [row.found.name, sizeText(row.found)].filter(Boolean).join(", ")],
        ["Entry", [row.entry.name, sizeText(row.entry)].filter(Boolean).join(", ")],
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
      list.focus(this.at);
    },
  };

  // ---- the tools ------------------------------------------------------------------------------

  function refresh() {
    const chosen = chosenRows();
    list.show(grouped(chosen));
    const all = rows.length === 1 ? "1 match" : `${counted(rows.length)} matches`;
    byId("count").textContent =
      chosen.length === rows.length ? all : `${counted(chosen.length)} of ${all}`;
    byId("count").hidden = !rows.length;
    byId("empty").hidden = chosen.length > 0;
    byId("reset").hidden = !rows.length;
    byId("empty-text").textContent = rows.length ? "No match passes this filter." : given.text.empty;
  }

  function options(select, entries) {
    for (const [value, name] of entries) {
      const option = textElement("option", name);
      option.value = value;
      select.append(option);
    }
  }

  function showCeiling() {
    const hash = hashes[state.hash];
    const range = byId("ceiling");
    range.min = 0;
    range.step = hash.step;
    range.max = hash.bits ? hash.largest : Math.ceil(hash.largest / hash.step) * hash.step;
    range.value = Math.min(state.ceiling, range.max);
    state.ceiling = Number(range.value) >= Number(range.max) ? Infinity : Number(range.value);
    byId("ceiling-shown").textContent =
      state.ceiling === Infinity ? "any" : distanceText({ bits: 0 }, state.ceiling);
  }

  function fillTools() {
    byId("tools").hidden = !rows.length;
    if (!rows.length) return;
    for (const outcome of given.outcomes) {
      const number = rows.filter((row) => row.outcome === outcome).length;
      if (!number) continue;
      const button = textElement("button", "");
      button.type = "button";
      button.dataset.outcome = outcome;
      button.setAttribute("aria-pressed", "true");
      button.append(textElement("span", outcome), textElement("b", counted(number)));
      button.addEventListener("click", () => {
        if (!state.outcomes.delete(outcome)) state.outcomes.add(outcome);
        button.setAttribute("aria-pressed", state.outcomes.has(outcome));
        refresh();
      });
      byId("outcomes").append(button);
    }
    options(byId("hash"), hashes.map((hash, number) => [number, hash.name]));
    document.querySelector(".near").hidden = !hashes.length;
    const sorts = Object.entries(SORTS).filter(
      ([key]) => (key !== "odds" || rows.some((row) => row.odds)) && (key !== "distance" || hashes.length),
    );
    options(byId("sort"), sorts.map(([key, [name]]) => [key, name]));
    const hasGroups = rows.some((row) => row.group);
    const groups = Object.entries(GROUPS).filter(([key]) => key !== "copies" || hasGroups);
    options(byId("group"), groups.map(([key, [name]]) => [key, name]));
    state.group = byId("group").value = hasGroups ? "copies" : "none";
    if (hashes.length) showCeiling();
  }

  function setText(text) {
    state.text = text.trim().toLowerCase();
    refresh();
  }

  function reset() {
    byId("text").value = "";
    state.text = "";
    state.outcomes = new Set(given.outcomes);
    state.closed.clear();
    state.ceiling = Infinity;
    for (const button of byId("outcomes").children) button.setAttribute("aria-pressed", "true");
    if (hashes.length) showCeiling();
    refresh();
  }

  function setAligned(aligned) {
    state.aligned = byId("aligned").checked = byId("viewer-aligned").checked = aligned;
    if (viewer.dialog.open) viewer.align();
    for (const [at, element] of list.drawn) {
      const { row } = list.items[at];
      if (row) element.querySelector("img").dataset.pose = aligned ? row.pose : "original";
    }
  }

  const setBlurred = (blurred) => root.classList.toggle("blurred", (byId("blur").checked = blurred));
  const setGrey = (grey) => root.classList.toggle("grey", (byId("grey").checked = grey));

  function listen() {
    const on = (id, event, act) => byId(id).addEventListener(event, act);
    let waiting = 0;
    on("text", "input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => setText(byId("text").value), TEXT_DELAY_MS);
    });
    on("hash", "change", () => {
      state.hash = Number(byId("hash").value);
      state.ceiling = Infinity;
      showCeiling();
      refresh();
    });
    on("ceiling", "input", () => {
      state.ceiling = Number(byId("ceiling").value);
      showCeiling();
      refresh();
    });
    on("sort", "change", () => { state.sort = byId("sort").value; refresh(); });
    on("group", "change", () => { state.group = byId("group").value; state.closed.clear(); refresh(); });
    on("direction", "click", () => {
      state.reversed = !state.reversed;
      byId("direction").setAttribute("aria-pressed", state.reversed);
      refresh();
    });
    on("reset", "click", () => { reset(); byId("text").focus(); });
    on("more", "click", () => {
      byId("more").setAttribute("aria-expanded", byId("options").classList.toggle("open"));
    });
    on("blur", "change", () => setBlurred(byId("blur").checked));
    on("grey", "change", () => setGrey(byId("grey").checked));
    on("aligned", "change", () => setAligned(byId("aligned").checked));
    on("viewer-aligned", "change", () => setAligned(byId("viewer-aligned").checked));
    on("dark", "change", () => { root.dataset.theme = byId("dark").checked ? "dark" : "light"; });
    on("help-button", "click", () => byId("help").showModal());
    on("help-close", "click", () => byId("help").close());
    on("previous", "click", () => viewer.step(-1));
    on("next", "click", () => viewer.step(1));
    on("close", "click", () => viewer.dialog.close());
    on("viewer", "close", () => viewer.closed());
    on("slider", "input", () => viewer.stage.style.setProperty("--at", `${byId("slider").value}%`));
    for (const button of viewer.dialog.querySelectorAll("[data-mode][type]")) {
      button.addEventListener("click", () => viewer.compare(button.dataset.mode));
    }
    for (const dialog of document.querySelectorAll("dialog")) {
      dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
    }
    addEventListener("scroll", () => list.draw(), { passive: true });
    addEventListener("resize", () => list.measure());
    document.addEventListener("keydown", pressed);
  }

  // ---- keyboard -------------------------------------------------------------------------------

  const KEYS = {
    j: () => move(1),
    ArrowDown: () => move(1),
    k: () => move(-1),
    ArrowUp: () => move(-1),
    b: () => compareBy("blink"),
    s: () => compareBy("slider"),
    d: () => compareBy("side"),
    a: () => setAligned(!state.aligned),
    u: () => setBlurred(!byId("blur").checked),
    g: () => setGrey(!byId("grey").checked),
    "/": () => byId("text").select(),
    "?": () => byId("help").showModal(),
  };

  function move(by) {
    if (viewer.dialog.open) viewer.step(by);
    else list.step(by);
  }

  function compareBy(mode) {
    const at = viewer.dialog.open ? viewer.at : list.focused();
    if (list.items[at]?.row) viewer.open(at, mode);
  }

  function pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || byId("help").open || !rows.length) return;
    const { target } = event;
    if (event.key === "Escape" && target === byId("text")) {
      event.preventDefault();
      reset();
      list.step(0);
      return;
    }
    const types = target.matches("input[type=search], select");
    const slides = target.matches("input[type=range]") && event.key.startsWith("Arrow");
    const act = KEYS[event.key];
    if (!act || types || slides) return;
    if (viewer.dialog.open && "/?".includes(event.key)) return;
    event.preventDefault();
    act();
  }

  // ---- begin ----------------------------------------------------------------------------------

  setBlurred(true);
  byId("dark").checked = matchMedia("(prefers-color-scheme: dark)").matches;
  byId("notice").textContent = given.text.notice;
  byId("notice").hidden = !given.text.notice;
  fillTools();
  listen();
  refresh();
  document.addEventListener("DOMContentLoaded", () => {
    for (const [at, element] of list.drawn) {
      const { row } = list.items[at];
      if (!row) continue;
      const [found, entry] = element.querySelectorAll(".frame");
      showPicture(found, row.found, state.aligned ? row.pose : "original");
      showPicture(entry, row.entry, "original");
    }
  });
})();

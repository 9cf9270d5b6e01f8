// The tools above the list, the keyboard, and the beginning.

const TEXT_DELAY_MS = 120; // after the last key before the list is filtered

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
  showPairs();
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

// ---- keyboard -----------------------------------------------------------------------------------

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

// ---- begin --------------------------------------------------------------------------------------

setBlurred(true);
byId("dark").checked = matchMedia("(prefers-color-scheme: dark)").matches;
byId("notice").textContent = given.text.notice;
byId("notice").hidden = !given.text.notice;
fillTools();
listen();
refresh();
document.addEventListener("DOMContentLoaded", showPairs); // all thumbnails have arrived

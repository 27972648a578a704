// What pages gain where scripts run. Everything works without it: links, forms and disclosures come from the server.
// Listeners sit on the document, so that parts of a page may be replaced at any time.

const on = (type, selector, deed, options) =>
  document.addEventListener(type, (event) => {
    const found = event.target.closest?.(selector);
    if (found) deed(found, event);
  }, options);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const say = (sentence) => {
  let voice = document.getElementById("voice");
  if (!voice) {
    voice = document.createElement("div");
    voice.id = "voice";
    voice.className = "sr";
    voice.setAttribute("role", "status");
    document.body.append(voice);
  }
  voice.textContent = sentence;
};

/* clock: relative times and running durations, in the words that the server uses */

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

const relative = (seconds) =>
  seconds < 5 ? "just now"
  : seconds < 60 ? `${seconds} s ago`
  : seconds < 3600 ? `${Math.floor(seconds / 60)} min ago`
  : seconds < 86400 ? `${Math.floor(seconds / 3600)} h ago`
  : null;

const two = (number) => String(number).padStart(2, "0");

const lasting = (seconds) =>
  seconds < 60 ? `${seconds}s`
  : seconds < 3600 ? `${Math.floor(seconds / 60)}m ${two(seconds % 60)}s`
  : seconds < 86400 ? `${Math.floor(seconds / 3600)}h ${two(Math.floor(seconds / 60) % 60)}m`
  : `${Math.floor(seconds / 86400)}d ${two(Math.floor(seconds / 3600) % 24)}h`;

// The exact value is in the reader's zone, which may not be the browser's.
const absolute = (exact) => {
  const [, year, month, day, time] = exact.match(/^(\d+)-(\d+)-(\d+) (\d+:\d+)/) ?? [];
  if (!year) return exact;
  const other = Number(year) === new Date().getFullYear() ? "" : ` ${year}`;
  return `${Number(day)} ${MONTHS[Number(month) - 1]}${other} ${time}`;
};

// The server's clock rules: a browser whose own is wrong must not show runs of the future.
const rendered = Date.parse(document.querySelector("meta[name=rendered-at]")?.content ?? "");
const ahead = Number.isNaN(rendered) ? 0 : Date.now() - rendered;
const since = (instant) => Math.max(0, Math.floor((Date.now() - ahead - Date.parse(instant)) / 1000));
const write = (element, words) => {
  if (element.textContent !== words) element.textContent = words;
};

const tick = () => {
  if (document.hidden) return;
  for (const time of all("time[data-rel]")) {
    write(time, relative(since(time.dateTime)) ?? absolute(time.dataset.exact));
  }
  for (const span of all("[data-since]")) write(span, lasting(since(span.dataset.since)));
};
setInterval(tick, 1000);
document.addEventListener("visibilitychange", tick);

/* what the server hides because it needs a script */

const reveal = (root = document) => {
  for (const button of all("[data-copy], [data-copy-link], [data-dismiss], [data-look]", root)) button.hidden = false;
};

/* copy */

const copy = async (text, button) => {
  try {
    await navigator.clipboard.writeText(text);
    say("Copied.");
    button?.setAttribute("data-copied", "");
    setTimeout(() => button?.removeAttribute("data-copied"), 1500);
  } catch {
    say("The browser does not allow copying here.");
  }
};
on("click", "[data-copy]", (button) => copy(button.dataset.copy, button));
on("click", "[data-copy-link]", (button) =>
  copy(new URL(button.dataset.copyLink || location.href, location.href).href, button));

/* confirm: the form goes on only after a yes */

const ask = (question, yes) => {
  const dialog = document.createElement("dialog");
  const form = document.createElement("form");
  const text = document.createElement("p");
  const acts = document.createElement("div");
  form.method = "dialog";
  form.className = "pb";
  text.textContent = question;
  text.id = "question";
  acts.className = "acts";
  dialog.setAttribute("aria-labelledby", "question");
  for (const [value, word] of [["yes", "Yes"], ["no", "No"]]) {
    const button = document.createElement("button");
    button.value = value;
    button.className = "btn";
    button.textContent = word;
    button.autofocus = value === "no";
    acts.append(button);
  }
  form.append(text, acts);
  dialog.append(form);
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (dialog.returnValue === "yes") yes();
  });
  document.body.append(dialog);
  dialog.showModal();
};
on("submit", "form[data-confirm]", (form, event) => {
  if (form.dataset.confirmed) return delete form.dataset.confirmed;
  event.preventDefault();
  event.stopImmediatePropagation();
  ask(form.dataset.confirm, () => {
    form.dataset.confirmed = "yes";
    form.requestSubmit(event.submitter ?? undefined);
  });
}, true);

/* toasts: three at most, eight seconds, never while somebody reads them; errors stay */

const TOASTS = 3;
const STAY = 8000;
const toasts = () => document.getElementById("toasts");
const timers = new WeakMap();

const fade = (toast) => {
  if (toast.dataset.toast !== "fade") return;
  clearTimeout(timers.get(toast));
  timers.set(toast, setTimeout(() => {
    if (document.hidden || toast.matches(":hover, :focus-within")) return fade(toast);
    toast.remove();
  }, STAY));
};
const settle = () => {
  const region = toasts();
  if (!region) return;
  const shown = all("[data-toast]", region);
  for (const toast of shown) {
    reveal(toast);
    if (!timers.has(toast)) fade(toast);
  }
  for (const toast of shown.filter((toast) => toast.dataset.toast === "fade").slice(0, -TOASTS)) toast.remove();
};
on("click", "[data-dismiss]", (button) => button.closest("[data-toast]").remove());

/* menus: one at a time, closed by Esc and by a click elsewhere */

const menus = () => all("details[data-drop][open]");
document.addEventListener("click", (event) => {
  for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
});

/* theme and density: cookies, so that the next page comes right from the server */

const look = (name, value) => {
  document.documentElement.dataset[name] = value;
  const secure = location.protocol === "https:" ? ";secure" : "";
  document.cookie = `${name}=${value};path=/;max-age=31536000;samesite=lax${secure}`;
  for (const button of all(`[data-look^="${name}="]`)) {
    button.setAttribute("aria-pressed", String(button.dataset.look === `${name}=${value}`));
  }
};
on("click", "[data-look]", (button) => look(...button.dataset.look.split("=")));
const otherTheme = () => {
  const now = document.documentElement.dataset.theme;
  const dark = now === "dark" || (now !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  look("theme", dark ? "light" : "dark");
  say(dark ? "Light theme." : "Dark theme.");
};

/* filters: where htmx is, typing applies itself after a pause */

let typing;
on("input", "[data-search]", (input) => {
  if (!window.htmx) return;
  clearTimeout(typing);
  typing = setTimeout(() => input.form?.requestSubmit(), 250);
});

/* keys: rows by J and K, the rest by its letter; never inside a field */

const rows = () => all("[data-rows] tr.row");
const selected = () => document.querySelector("[data-rows] tr.row[aria-selected=true]");
const select = (row) => {
  selected()?.removeAttribute("aria-selected");
  if (!row) return;
  row.setAttribute("aria-selected", "true");
  row.querySelector(".go")?.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
};
const step = (by) => {
  const list = rows();
  const at = list.indexOf(selected() ?? document.activeElement?.closest("tr.row"));
  select(list[Math.min(list.length - 1, Math.max(0, at + by))] ?? null);
};
const follow = (selector) => document.querySelector(selector)?.click();

const KEYS = {
  j: ["J, K", "next, previous row", () => step(1)],
  k: [null, null, () => step(-1)],
  o: ["Enter, O", "open the row", () => selected()?.querySelector(".go")?.click()],
  f: ["F", "filters", () => document.querySelector("[data-filters] summary, [data-filters] input")?.focus()],
  "/": ["/", "search on this page", () => document.querySelector("[data-search]")?.focus()],
  "[": ["[ ]", "newer, older page", () => follow("[data-page=prev]")],
  "]": [null, null, () => follow("[data-page=next]")],
  c: ["C", "copy the link of the row or page", () =>
    copy(new URL(selected()?.querySelector(".go")?.href ?? location.href, location.href).href)],
  t: ["T", "the other theme", otherTheme],
  "?": ["?", "this list", () => keys()],
};

const keys = () => {
  const dialog = document.createElement("dialog");
  const list = document.createElement("dl");
  const title = document.createElement("h2");
  title.textContent = "Keys";
  title.id = "keys";
  list.className = "keys";
  for (const [key, words] of [...Object.values(KEYS), ["Esc", "close, clear the selection"]]) {
    if (!key) continue;
    const name = document.createElement("dt");
    const cap = document.createElement("kbd");
    const text = document.createElement("dd");
    cap.textContent = key;
    text.textContent = words;
    name.append(cap);
    list.append(name, text);
  }
  const body = document.createElement("div");
  body.className = "pb";
  body.append(title, list);
  dialog.setAttribute("aria-labelledby", "keys");
  dialog.append(body);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  document.body.append(dialog);
  dialog.showModal();
};

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    const open = menus().at(-1);
    if (open) {
      open.open = false;
      open.querySelector("summary").focus();
    } else {
      select(null);
    }
    return;
  }
  if (event.key === "F6" && toasts()?.firstElementChild) {
    event.preventDefault();
    toasts().querySelector("a, button")?.focus();
    return;
  }
  const field = event.target.closest?.("input, textarea, select, [contenteditable], dialog");
  if (field || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const key = { ArrowDown: "j", ArrowUp: "k" }[event.key];
  // Arrows scroll the page until somebody walks the rows.
  if (key && !selected()) return;
  const deed = KEYS[key ?? event.key.toLowerCase()]?.[2];
  if (!deed || (event.target.closest?.("summary, button") && event.key.length > 1)) return;
  event.preventDefault();
  deed();
});

/* parts of the page that came later */

const arrived = () => {
  reveal();
  settle();
  tick();
};
new MutationObserver((changes) => {
  if (changes.some((change) => [...change.addedNodes].some((node) => node.nodeType === 1))) arrived();
}).observe(document.body, { childList: true, subtree: true });
arrived();
document.querySelector("[data-focus]")?.focus();

// Builds DOM elements. Text is always inserted as text; nothing here accepts HTML.

/** Creates an element: `h("button.primary", {onclick}, "Send")`. */
export function h(spec, props = {}, ...children) {
  const [tag, ...classes] = spec.split(".");
  const element = document.createElement(tag || "div");
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "value" || key === "checked" || key === "disabled" || key === "selected") element[key] = value;
    else if (key === "data") Object.assign(element.dataset, value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  append(element, children);
  return element;
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === undefined || child === null || child === false) continue;
    element.append(child);
  }
}

/** Replaces the content of `element`. */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
}

/** Runs `draw`, then restores focus, cursor and scroll position inside `root`. */
export function keepingFocus(root, draw) {
  const active = root.contains(document.activeElement) ? document.activeElement : null;
  const key = active?.dataset.key;
  const range = active && "selectionStart" in active ? safeRange(active) : null;
  draw();
  if (!key) return;
  const again = root.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (!again || again === document.activeElement) return;
  again.focus({ preventScroll: true });
  if (range) {
    try { again.setSelectionRange(...range); } catch { /* a number field has no cursor to set */ }
  }
}

function safeRange(element) {
  try {
    return element.selectionStart === null ? null : [element.selectionStart, element.selectionEnd];
  } catch {
    return null;
  }
}

const FOCUSABLE = "a[href], button:not([disabled]), input:not([disabled]), select:not([disabled]), textarea:not([disabled]), [tabindex='0']";

/** Keeps keyboard focus inside `root` when Tab is pressed, as a dialog must. */
export function trapFocus(root, event) {
  if (event.key !== "Tab") return;
  const inside = [...root.querySelectorAll(FOCUSABLE)].filter((element) => element.offsetParent !== null);
  if (!inside.length) return;
  const first = inside[0];
  const last = inside[inside.length - 1];
  if (event.shiftKey && document.activeElement === first) {
    last.focus();
    event.preventDefault();
  } else if (!event.shiftKey && document.activeElement === last) {
    first.focus();
    event.preventDefault();
  }
}

/** Announces to screen readers what the page shows without words. */
export function announce(text) {
  document.getElementById("spoken").textContent = text;
}

/** Shows a short notice at the edge of the page. */
export function toast(text, kind = "bad") {
  const box = document.getElementById("toasts");
  const notice = h(`div.toast.${kind}`, {}, h("span", {}, text),
    h("button.icon", { "aria-label": "Dismiss notice", onclick: () => notice.remove() }, "×"));
  box.append(notice);
  while (box.children.length > 3) box.firstChild.remove();
  setTimeout(() => notice.remove(), 9000);
}

const ICONS = {
  hash: "M6.5 2 5 14M11 2 9.5 14M2.5 5.5h11M2 10.5h11",
  home: "M2.5 7.5 8 3l5.5 4.5V13.5h-4V10h-3v3.5h-4z",
  send: "M2.5 8 13.5 3 10 13.5 7.5 9z",
  eye: "M1.5 8S4 4 8 4s6.5 4 6.5 4-2.5 4-6.5 4S1.5 8 1.5 8zM8 6.5a1.5 1.5 0 100 3 1.5 1.5 0 000-3z",
  menu: "M2.5 4.5h11M2.5 8h11M2.5 11.5h11",
  bolt: "M9 1.5 3.5 9H8l-1 5.5L12.5 7H8z",
};

/** Returns a line icon, hidden from screen readers. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", "glyph");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

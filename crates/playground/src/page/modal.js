// The modal on top of the stack, and the confirmation dialog.
import { fill, h, keepingFocus, toast, trapFocus } from "/playground/files/dom.js";
import { plain, textObject } from "/playground/files/mrkdwn.js";
import { era } from "/playground/files/clock.js";
import { renderBlocks } from "/playground/files/blocks.js";

/** Milliseconds without typing after which the input is sent to the playground. */
const PAUSE = 350;

let open = null;

/** Draws the view on top, if any. `send(type, fields)` acts as the user. */
export function drawModal(screen, send) {
  const layer = document.getElementById("layer");
  const view = screen.views.at(-1);
  if (!view) {
    if (open) leave(layer);
    return;
  }
  const { state, ...fixed } = view;
  void state;
  const signature = JSON.stringify([screen.me, fixed, screen.views.length, era(screen)]);
  if (open?.signature === signature) return;
  const same = open?.view.id === view.id;
  if (!open) {
    document.getElementById("app").inert = true;
    open = { back: document.activeElement };
  }
  if (!same) open.drafts = new Map();
  Object.assign(open, { signature, view, busy: false });
  const body = open.body?.scrollTop ?? 0;
  keepingFocus(layer, () => fill(layer, dialog(screen, view, send)));
  if (same) open.body.scrollTop = body;
  const wrong = layer.querySelector("[aria-invalid=true], .wrong input");
  if (wrong && Object.keys(view.errors).length) wrong.focus();
  // The element that had focus may not exist in the current view.
  else if (!same || !layer.contains(document.activeElement)) first(layer)?.focus();
}

function leave(layer) {
  const back = open.back;
  open = null;
  fill(layer);
  document.getElementById("app").inert = false;
  if (back?.isConnected) back.focus();
  else document.getElementById("composer-text")?.focus();
}

function first(layer) {
  return layer.querySelector("[data-first]")
    ?? layer.querySelector(".modal-body input, .modal-body select, .modal-body textarea, .modal-body button")
    ?? layer.querySelector(".modal-foot button, button");
}

function dialog(screen, view, send) {
  const close = () => forget("close", { view_id: view.id });
  // Closing the view discards input that is not sent yet.
  const forget = (how, fields) => {
    open.drafts.forEach((draft) => clearTimeout(draft.timer));
    return send(how, fields);
  };
  const host = hostOf(screen, view, send);
  const pushed = screen.views.length > 1;
  const submit = view.submit && h("button.button.primary", { type: "submit", data: { key: "modal/submit" }, disabled: view.submit_disabled },
    plain(view.submit));
  open.body = h("div.modal-body", {}, renderBlocks(view.blocks, host));
  const frame = h("form.modal", {
    role: "dialog", "aria-modal": "true", "aria-labelledby": "modal-title", novalidate: true,
    onkeydown: (event) => {
      if (event.key === "Escape") close();
      trapFocus(frame, event);
    },
    onsubmit: async (event) => {
      event.preventDefault();
      if (!submit || submit.disabled || open.busy) return;
      await sendForm(frame, submit, view, host, send);
    },
  },
  h("header.modal-head", {},
    pushed && h("button.icon", { type: "button", "aria-label": "Back", onclick: close }, "‹"),
    h("h2", { id: "modal-title" }, plain(view.title)),
    h("button.icon", { type: "button", "aria-label": "Close", onclick: () => forget("dismiss") }, "×")),
  h("div.progress", { "aria-hidden": "true" }),
  open.body,
  h("footer.modal-foot", {},
    h("button.button", { type: "button", data: { key: "modal/close" }, onclick: close }, view.close ? plain(view.close) : submit ? "Cancel" : "Close"),
    submit));
  return h("div.backdrop", {}, frame);
}

async function sendForm(frame, submit, view, host, send) {
  const label = submit.textContent;
  open.busy = true;
  frame.classList.add("busy");
  submit.disabled = true;
  submit.textContent = "Sending…";
  frame.setAttribute("aria-busy", "true");
  await host.flushAll();
  const answer = await send("submit", { view_id: view.id });
  if (open?.view.id !== view.id) return;
  open.busy = false;
  const now = document.querySelector("form.modal");
  now?.classList.remove("busy");
  now?.removeAttribute("aria-busy");
  if (frame.isConnected) {
    submit.disabled = false;
    submit.textContent = label;
  }
  // If the fields were marked already, nothing is redrawn, so move the focus here.
  if (answer.incomplete || answer.errors) frame.querySelector("[aria-invalid=true], .wrong input")?.focus();
}

function hostOf(screen, view, send) {
  const drafts = open.drafts;
  const spot = (block, part) => ({ view_id: view.id, block_id: block.block_id, action_id: part.action_id });
  const waiting = async (work) => {
    const frame = document.querySelector("form.modal");
    frame?.classList.add("waiting");
    const answer = await work;
    document.querySelector("form.modal")?.classList.remove("waiting");
    return answer;
  };
  const flush = async (key) => {
    const draft = drafts.get(key);
    if (!draft) return;
    if (draft.sent !== draft.value) {
      clearTimeout(draft.timer);
      draft.sent = draft.value;
      draft.sending = send("input", { ...spot(draft.block, draft.part), value: draft.value });
    }
    // A submission must not overtake input that was typed before it.
    await draft.sending;
  };
  return {
    screen, values: view.state.values, errors: view.errors, prefix: view.id, drafts, flush,
    flushAll: () => Promise.all([...drafts.keys()].map(flush)),
    typed(key, block, part, value) {
      const draft = drafts.get(key) ?? {};
      clearTimeout(draft.timer);
      Object.assign(draft, { block, part, value });
      drafts.set(key, draft);
      if (!block.dispatch_action) draft.timer = setTimeout(() => flush(key), PAUSE);
    },
    async change(block, part, value) {
      if (!await confirmed(part, screen)) return false;
      await this.flushAll();
      return waiting(send("choose", { ...spot(block, part), value }));
    },
    async click(block, part) {
      if (!await confirmed(part, screen)) return;
      await this.flushAll();
      await waiting(send("click", spot(block, part)));
    },
    suggest: (block, part, typed) => send("suggest", { ...spot(block, part), typed }),
  };
}

/** Asks for confirmation if the element requires it. Returns false if the user cancels. */
export function confirmed(part, screen) {
  if (!part.confirm) return Promise.resolve(true);
  const { title, text, confirm, deny, style } = part.confirm;
  const app = document.getElementById("app");
  const back = document.activeElement;
  const under = app.inert;
  return new Promise((resolve) => {
    const settle = (answer) => {
      shade.remove();
      app.inert = under;
      back?.focus();
      resolve(answer);
    };
    const box = h("div.modal.small", {
      role: "alertdialog", "aria-modal": "true", "aria-labelledby": "confirm-title", "aria-describedby": "confirm-text",
      onkeydown: (event) => {
        event.stopPropagation();
        if (event.key === "Escape") settle(false);
        trapFocus(box, event);
      },
    },
    h("header.modal-head", {}, h("h2", { id: "confirm-title" }, plain(title))),
    h("div.modal-body", { id: "confirm-text" }, textObject(text, screen)),
    h("footer.modal-foot", {},
      h("button.button", { type: "button", onclick: () => settle(false) }, plain(deny)),
      h(`button.button.${style === "danger" ? "danger.solid" : "primary"}`,
        { type: "button", onclick: () => settle(true) }, plain(confirm))));
    const shade = h("div.backdrop", {}, box);
    app.inert = true;
    document.body.append(shade);
    box.querySelector("button").focus();
  });
}

/** Shows the error of an action that changed nothing on the screen. */
export function explain(answer) {
  if (answer.ok || answer.incomplete) return;
  toast(answer.error ?? "Something went wrong. Try again.");
}

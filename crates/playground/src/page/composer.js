// The message box: slash commands with completion, shortcuts and plain messages.
import { fill, h, icon, toast } from "/playground/files/dom.js";

/** Renders the box below a conversation. It keeps the typed text while messages arrive. */
export function composer(screen, channel, name, send) {
  const list = h("ul.options.up", { role: "listbox", id: "completions", "aria-label": "Commands", hidden: true });
  let matches = [];
  let active = -1;

  const close = () => {
    list.hidden = true;
    active = -1;
    box.setAttribute("aria-expanded", "false");
    box.removeAttribute("aria-activedescendant");
  };
  const draw = () => {
    if (!matches.length) {
      close();
      return;
    }
    fill(list, matches.map(([text, hint], index) => h("li", {
      role: "option", id: `completion-${index}`, "aria-selected": String(index === active),
      onmousedown: (event) => { event.preventDefault(); take(index); },
    }, h("code", {}, text), h("small", {}, hint))));
    list.hidden = false;
    box.setAttribute("aria-expanded", "true");
    if (active >= 0) {
      box.setAttribute("aria-activedescendant", `completion-${active}`);
      list.children[active].scrollIntoView({ block: "nearest" });
    } else box.removeAttribute("aria-activedescendant");
  };
  const look = () => {
    const typed = box.value.toLowerCase();
    matches = typed.startsWith("/") && !typed.includes("\n")
      ? screen.completions.filter(([text]) => text.toLowerCase().startsWith(typed) && text !== box.value)
      : [];
    active = -1;
    draw();
  };
  const take = (index) => {
    box.value = matches[index][0];
    box.focus();
    look();
    if (!box.value.endsWith(" ")) close();
  };
  const submit = async () => {
    const text = box.value.trim();
    if (!text) return;
    close();
    const isCommand = text === screen.command || text.startsWith(`${screen.command} `);
    if (text.startsWith("/") && !isCommand) {
      toast(`There is no command ${text.split(/\s/)[0]} here. Try ${screen.command}.`);
      return;
    }
    box.value = "";
    row.classList.add("waiting");
    const answer = await send(isCommand ? "command" : "say", { channel: channel.id, text });
    row.classList.remove("waiting");
    if (!answer.ok && !box.value) box.value = text;
  };
  const onkeydown = (event) => {
    const open = !list.hidden;
    if (open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      const step = event.key === "ArrowDown" ? 1 : -1;
      active = (active + step + matches.length + (active < 0 && step < 0 ? 1 : 0)) % matches.length;
      draw();
    } else if (open && event.key === "Tab" && !event.shiftKey) take(Math.max(active, 0));
    else if (open && event.key === "Escape") {
      event.stopPropagation();
      close();
    } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      if (open && active >= 0) take(active);
      else submit();
    } else return;
    event.preventDefault();
  };
  const box = h("textarea", {
    id: "composer-text", rows: "1", role: "combobox", "aria-expanded": "false", "aria-autocomplete": "list",
    "aria-controls": "completions", "aria-label": `Message ${name}, or a slash command`,
    placeholder: channel.is_archived ? "This channel is archived" : `Message ${name}, or ${screen.command}`,
    disabled: channel.is_archived, data: { key: "composer" }, oninput: look, onblur: close, onkeydown,
  });
  const row = h("div.composer", {}, list, shortcuts(screen, send), box,
    h("button.icon.send", { "aria-label": "Send", onclick: submit }, icon("send")));
  return row;
}

function shortcuts(screen, send) {
  if (!screen.shortcuts.length) return null;
  const menu = h("details.overflow.up", {
    onfocusout: (event) => { if (!menu.contains(event.relatedTarget)) menu.open = false; },
  }, h("summary.icon", { "aria-label": "Shortcuts", title: "Shortcuts" }, icon("bolt")),
  h("div.menu", {}, screen.shortcuts.map((shortcut) => h("button", {
    type: "button",
    onclick: () => {
      menu.open = false;
      send("shortcut", { callback_id: shortcut.callback_id });
    },
  }, shortcut.name))));
  return menu;
}

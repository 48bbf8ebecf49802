// Interactive elements: buttons, selects, pickers, inputs, and the field around an input.
import { h, fill } from "/playground/files/dom.js";
import { plain, textObject } from "/playground/files/mrkdwn.js";

let serial = 0;

/** Renders an input block: label, control, hint and error. */
export function field(block, host) {
  const id = `field-${++serial}`;
  const error = host.errors?.[block.block_id];
  const control = element(block.element, block, host);
  const target = control.matches("input, select, textarea") ? control : control.querySelector("[role=combobox]");
  const label = [plain(block.label), block.optional && h("span.optional", {}, " (optional)")];
  const described = [block.hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  const notes = [
    block.hint && h("p.hint", { id: `${id}-hint` }, plain(block.hint)),
    error && h("p.error", { id: `${id}-error`, role: "alert" }, error),
  ];
  if (!target) {
    return h(error ? "fieldset.field.wrong" : "fieldset.field", { "aria-describedby": described || null },
      h("legend", {}, label), control, notes);
  }
  target.id = id;
  // Use the visible label as the accessible name; otherwise the placeholder would take its place.
  target.removeAttribute("aria-label");
  if (described) target.setAttribute("aria-describedby", described);
  if (error) target.setAttribute("aria-invalid", "true");
  return h(error ? "div.field.wrong" : "div.field", {}, h("label", { for: id }, label), control, notes);
}

/** Renders one element of `block`. */
export function element(part, block, host) {
  const make = MAKE[part.type];
  if (!make) return h("span.unknown", {}, `A ${part.type}`);
  const held = host.values?.[block.block_id]?.[part.action_id];
  const key = `${host.prefix}/${block.block_id}/${part.action_id}`;
  const control = make(part, { host, block, held, key, label: part.placeholder ? plain(part.placeholder) : part.action_id });
  const target = control.matches("input, select, textarea, button") ? control : control.querySelector("summary, input, button");
  if (target && !target.dataset.key) target.dataset.key = key;
  if (target && part.focus_on_load) target.dataset.first = "true";
  return control;
}

const MAKE = {
  button(part, { host, block }) {
    const style = part.style ? `.${part.style}` : "";
    return h(`button.button${style}`, {
      type: "button", "aria-label": part.accessibility_label,
      onclick: async ({ currentTarget: button }) => {
        // Pressing again before the answer would be a second click for the app.
        if (button.ariaBusy) return;
        button.ariaBusy = "true";
        if (part.url && /^https?:/i.test(part.url)) window.open(part.url, "_blank", "noopener");
        await host.click(block, part);
        button.ariaBusy = null;
      },
    }, plain(part.text), part.url && h("span.arrow", { "aria-hidden": "true" }, " ↗"));
  },
  overflow(part, { host, block }) {
    const menu = h("details.overflow", {
      onkeydown: (event) => {
        if (event.key === "Escape" && menu.open) {
          event.stopPropagation();
          menu.open = false;
          menu.firstChild.focus();
        }
      },
      onfocusout: (event) => { if (!menu.contains(event.relatedTarget)) menu.open = false; },
      ontoggle: () => {
        if (!menu.open) return;
        const list = menu.lastChild;
        list.classList.toggle("start", menu.getBoundingClientRect().right < list.offsetWidth);
        list.scrollIntoView({ block: "nearest", inline: "nearest" });
      },
    }, h("summary.button.icon", { "aria-label": "More actions" }, "⋯"),
    h("div.menu", {}, part.options.map((option) => h("button", {
      type: "button",
      onclick: () => {
        menu.open = false;
        // After a confirmation or a redraw, focus returns to the element that has it now.
        menu.firstChild.focus();
        if (option.url && /^https?:/i.test(option.url)) window.open(option.url, "_blank", "noopener");
        host.change(block, part, option.value);
      },
    }, plain(option.text)))));
    return menu;
  },
  static_select: (part, context) => select(part, context, optionNodes(part), context.held?.selected_option?.value),
  users_select: (part, context) => select(part, context,
    context.host.screen.people.filter((person) => !person.is_bot && !person.deleted).map((person) => choice(person.id, person.real_name)),
    context.held?.selected_user),
  channels_select: (part, context) => select(part, context, channelNodes(context), context.held?.selected_channel),
  conversations_select: (part, context) =>
    select(part, context, channelNodes(context), context.held?.selected_conversation),
  external_select: (part, context) => combobox(part, context),
  multi_external_select: (part, context) => chips(part, context),
  multi_static_select: (part, context) => ticks(part, context, "checkbox", "ticks.boxed"),
  checkboxes: (part, context) => ticks(part, context, "checkbox", "ticks"),
  radio_buttons: (part, context) => ticks(part, context, "radio", "ticks"),
  datepicker: (part, context) => picker("date", part, context, context.held?.selected_date),
  timepicker: (part, context) => picker("time", part, context, context.held?.selected_time),
  plain_text_input: (part, context) => text(part, context, part.multiline ? "textarea" : "input", { type: !part.multiline && "text" }),
  number_input: (part, context) => text(part, context, "input", {
    type: "text", inputmode: part.is_decimal_allowed ? "decimal" : "numeric", autocomplete: "off",
  }),
  email_text_input: (part, context) => text(part, context, "input", { type: "text", inputmode: "email" }),
  url_text_input: (part, context) => text(part, context, "input", { type: "text", inputmode: "url" }),
};

const choice = (value, label, chosen) => h("option", { value, selected: value === chosen }, label);

function channelNodes({ host }) {
  return Object.entries(host.screen.channel_names).map(([id, name]) => choice(id, `#${name}`));
}

function optionNodes(part) {
  if (!part.option_groups) return part.options.map((option) => choice(option.value, plain(option.text)));
  return part.option_groups.map((group) => h("optgroup", { label: plain(group.label) },
    group.options.map((option) => choice(option.value, plain(option.text)))));
}

function select(part, { host, block, key, label }, nodes, chosen) {
  const control = h("select", {
    "aria-label": label, data: { key },
    onchange: async () => {
      // If the user cancels, show the previous selection again.
      if (await host.change(block, part, control.value || null) === false) control.value = chosen ?? "";
    },
  }, h("option", { value: "" }, part.placeholder ? plain(part.placeholder) : "Choose…"), nodes);
  control.value = chosen ?? "";
  return control;
}

function picker(type, part, { host, block, key, label }, chosen) {
  const control = h("input", {
    type, "aria-label": label, data: { key }, value: chosen ?? "",
    onchange: async () => {
      if (await host.change(block, part, control.value || null) === false) control.value = chosen ?? "";
    },
  });
  return control;
}

function ticks(part, { host, block, held, key }, type, style) {
  const several = type === "checkbox";
  const chosen = new Set(several
    ? (held?.selected_options ?? []).map((option) => option.value)
    : [held?.selected_option?.value]);
  const options = part.options ?? part.option_groups.flatMap((group) => group.options);
  const boxes = new Map();
  const show = (values) => boxes.forEach((box, value) => { box.checked = values.has(value); });
  const toggle = async (option, on) => {
    const before = new Set(chosen);
    if (!several) chosen.clear();
    if (on) chosen.add(option.value);
    else chosen.delete(option.value);
    if (await host.change(block, part, several ? [...chosen] : option.value) !== false) return;
    chosen.clear();
    before.forEach((value) => chosen.add(value));
    show(before);
  };
  return h(`div.${style}`, {}, options.map((option) => {
    const box = h("input", {
      type, name: key, data: { key: `${key}/${option.value}` }, checked: chosen.has(option.value),
      onchange: (event) => toggle(option, event.target.checked),
    });
    boxes.set(option.value, box);
    return h("label.tick", {}, box,
      h("span", {}, textObject(option.text, host.screen),
        option.description && h("small", {}, textObject(option.description, host.screen))));
  }));
}

function text(part, { host, block, held, key, label }, tag, extra) {
  const draft = host.drafts?.get(key);
  return h(tag, {
    ...extra, placeholder: part.placeholder && plain(part.placeholder), "aria-label": label,
    maxlength: part.max_length, rows: tag === "textarea" && "3", data: { key },
    value: draft ? draft.value : held?.value ?? "",
    oninput: (event) => host.typed(key, block, part, event.target.value),
    onchange: () => host.flush(key),
  });
}

/** Renders an external multi-select. The selected options are listed above it and removed by a click. */
function chips(part, context) {
  const { host, block, held } = context;
  const chosen = held?.selected_options ?? [];
  const values = chosen.map((option) => option.value);
  const change = (next) => host.change(block, part, next);
  return h("div.chips", {}, chosen.map((option) => h("button.chip", {
    type: "button", "aria-label": `Remove ${plain(option.text)}`,
    onclick: () => change(values.filter((value) => value !== option.value)),
  }, plain(option.text), h("span", { "aria-hidden": "true" }, " ×"))),
  combobox(part, { ...context, held: null, choose: (value) => value && change([...new Set([...values, value])]) }));
}

/** Renders an external select, for which the app offers options while the user types. */
function combobox(part, { host, block, held, key, label, choose = (value) => host.change(block, part, value) }) {
  const list = h("ul.options", { role: "listbox", id: `list-${++serial}`, hidden: true, "aria-label": label });
  let shown = held?.selected_option ? plain(held.selected_option.text) : "";
  let options = [];
  let active = -1;
  let asked = 0;
  const close = () => { list.hidden = true; input.setAttribute("aria-expanded", "false"); active = -1; };
  const pick = (option) => {
    shown = plain(option.text);
    input.value = shown;
    close();
    choose(option.value);
  };
  const draw = (note) => {
    fill(list, note ? h("li.note", {}, note) : options.map((option, index) => h("li", {
      role: "option", id: `${list.id}-${index}`, "aria-selected": String(index === active),
      onmousedown: (event) => { event.preventDefault(); pick(option); },
    }, plain(option.text), option.description && h("small", {}, plain(option.description)))));
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    if (active >= 0) {
      input.setAttribute("aria-activedescendant", `${list.id}-${active}`);
      list.children[active]?.scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  };
  const search = async () => {
    const least = part.min_query_length ?? 3;
    if (input.value.length < least) {
      draw(`Type ${least} or more characters`);
      return;
    }
    const mine = ++asked;
    draw("Searching…");
    const answer = await host.suggest(block, part, input.value);
    if (mine !== asked) return;
    options = answer.options ?? [];
    active = options.length ? 0 : -1;
    draw(answer.ok ? options.length ? null : "Nothing matches" : "The app did not answer. Try again.");
  };
  const keys = {
    ArrowDown: () => { active = Math.min(active + 1, options.length - 1); draw(); },
    ArrowUp: () => { active = Math.max(active - 1, 0); draw(); },
    Enter: () => { if (options[active]) pick(options[active]); },
    Escape: close,
  };
  const input = h("input", {
    type: "text", role: "combobox", autocomplete: "off", "aria-expanded": "false", "aria-autocomplete": "list",
    "aria-controls": list.id, "aria-label": label, data: { key }, value: shown,
    placeholder: part.placeholder ? plain(part.placeholder) : "Type to search",
    oninput: search,
    onfocus: () => { if ((part.min_query_length ?? 3) === 0) search(); },
    onblur: () => {
      close();
      if (input.value === "" && shown) { shown = ""; choose(null); } else input.value = shown;
    },
    onkeydown: (event) => {
      if (list.hidden || !keys[event.key]) return;
      event.preventDefault();
      event.stopPropagation();
      keys[event.key]();
    },
  });
  return h("div.combo", {}, input, list);
}

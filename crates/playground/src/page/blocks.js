// Renders Block Kit blocks as DOM elements. Interactive elements are in elements.js.
import { h } from "/playground/files/dom.js";
import { channel, date, group, link, mention, plain, textObject } from "/playground/files/mrkdwn.js";
import { element, field } from "/playground/files/elements.js";

/**
 * Renders blocks. `host` contains their place and the handlers:
 * `{screen, values, errors, spot, act(type, fields), dialog}`.
 */
export function renderBlocks(blocks, host) {
  return (blocks ?? []).map((block) => {
    const made = RENDER[block.type]?.(block, host) ?? h("p.unknown", {}, `A ${block.type} block`);
    made.classList.add("block");
    return made;
  });
}

const RENDER = {
  header: (block) => h("h3.header", {}, plain(block.text)),
  divider: () => h("hr"),
  section(block, host) {
    const { screen } = host;
    return h("div.section", {},
      h("div.grow", {},
        block.text && h("div.text", {}, textObject(block.text, screen)),
        block.fields && h("div.fields", {}, block.fields.map((text) => h("div.text", {}, textObject(text, screen))))),
      block.accessory && h("div.accessory", {},
        block.accessory.type === "image" ? image(block.accessory, "thumb") : element(block.accessory, block, host)));
  },
  context: (block, { screen }) => h("div.context", {}, block.elements.map((part) =>
    part.type === "image" ? image(part, "tiny") : h("span", {}, textObject(part, screen)))),
  actions: (block, host) => h("div.actions", {}, block.elements.map((part) => element(part, block, host))),
  input: (block, host) => field(block, host),
  image: (block) => h("figure", {}, block.title && h("figcaption", {}, plain(block.title)), image(block, "wide")),
  markdown: (block) => h("div.text.literal", {}, block.text),
  rich_text: (block, { screen }) => h("div.text", {}, block.elements.map((part) => rich(part, screen))),
  table: (block, { screen }) => table(block, screen),
};

/** Renders a table with the first row as its header. Its box scrolls if the table is wider than the message. */
function table({ rows, column_settings: columns = [] }, screen) {
  const line = (row, tag) => h("tr", {}, row.map((cell, index) => {
    const { align, is_wrapped: wrapped } = columns[index] ?? {};
    const style = `${align === "right" || align === "center" ? `.${align}` : ""}${wrapped ? ".wrapped" : ""}`;
    return h(`${tag}${style}`, { scope: tag === "th" && "col" },
      cell.type === "rich_text" ? cell.elements.map((part) => rich(part, screen)) : cell.text);
  }));
  const [first, ...others] = rows;
  return h("div.scroll", { tabindex: "0", role: "region", "aria-label": "Table" },
    h("table", {}, h("thead", {}, line(first, "th")), h("tbody", {}, others.map((row) => line(row, "td")))));
}

function image(part, size) {
  return h(`img.${size}`, { src: part.image_url, alt: part.alt_text, loading: "lazy" });
}

function rich(part, screen) {
  switch (part.type) {
    case "rich_text_section": return h("div", {}, part.elements.map((leaf) => rich(leaf, screen)));
    case "rich_text_preformatted": return h("pre.code", {}, part.elements.map((leaf) => rich(leaf, screen)));
    case "rich_text_quote": return h("blockquote", {}, part.elements.map((leaf) => rich(leaf, screen)));
    case "rich_text_list":
      return h(part.style === "ordered" ? "ol" : "ul", {},
        part.elements.map((leaf) => h("li", {}, rich(leaf, screen))));
    case "text": return styled(part.text, part.style);
    case "link": return link(part.url, part.text ?? part.url);
    case "user": return mention(part.user_id, null, screen);
    case "usergroup": return group(part.usergroup_id, null, screen);
    case "date": return date(`!date^${part.timestamp}^${part.format}`, part.fallback);
    case "channel": return channel(part.channel_id, null, screen);
    case "emoji": return part.unicode
      ? String.fromCodePoint(...part.unicode.split("-").map((code) => parseInt(code, 16)))
      : `:${part.name}:`;
    default: return part.text ?? part.fallback ?? "";
  }
}

function styled(text, style = {}) {
  let node = text;
  for (const [name, tag] of [["code", "code"], ["bold", "strong"], ["italic", "em"], ["strike", "s"]]) {
    if (style[name]) node = h(tag, {}, node);
  }
  return node;
}

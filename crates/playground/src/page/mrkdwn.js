// Renders message text: mrkdwn, mentions, dates and emoji.
import { h } from "/playground/files/dom.js";
import { now } from "/playground/files/clock.js";

const EMOJI = {
  white_check_mark: "✅", heavy_check_mark: "✔️", x: "❌", no_entry: "⛔", no_entry_sign: "🚫", warning: "⚠️",
  hourglass: "⌛", hourglass_flowing_sand: "⏳", rocket: "🚀", tada: "🎉", package: "📦", bucket: "🪣",
  floppy_disk: "💾", file_cabinet: "🗄️", lock: "🔒", unlock: "🔓", key: "🔑", moneybag: "💰", dollar: "💵",
  bell: "🔔", calendar: "📅", clock1: "🕐", alarm_clock: "⏰", eyes: "👀", wave: "👋", thumbsup: "👍", "+1": "👍",
  thumbsdown: "👎", "-1": "👎", fire: "🔥", gear: "⚙️", hammer_and_wrench: "🛠️", wrench: "🔧", wastebasket: "🗑️",
  recycle: "♻️", arrows_counterclockwise: "🔄", information_source: "ℹ️", bulb: "💡", memo: "📝", mag: "🔍",
  link: "🔗", chart_with_upwards_trend: "📈", green_heart: "💚", red_circle: "🔴", large_blue_circle: "🔵",
  large_green_circle: "🟢", large_yellow_circle: "🟡", large_orange_circle: "🟠", white_circle: "⚪", house: "🏠",
  rotating_light: "🚨", busts_in_silhouette: "👥", bust_in_silhouette: "👤", shield: "🛡️", card_index: "📇",
  elephant: "🐘", whale: "🐳", cloud: "☁️", page_facing_up: "📄", bar_chart: "📊", sparkles: "✨", construction: "🚧",
};

const unescape = (text) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
const emoji = (text) => text.replace(/:([a-z0-9_+-]+):/g, (whole, name) => EMOJI[name] ?? whole);

/** Returns plain text, with emoji names replaced unless the text object forbids it. */
export function plain(text) {
  if (!text) return "";
  return text.emoji === false ? text.text : emoji(text.text);
}

/** Renders a text object of either type. */
export function textObject(text, screen) {
  if (!text) return [];
  return text.type === "mrkdwn" ? mrkdwn(text.text, screen) : [plain(text)];
}

/** Renders mrkdwn as a list of nodes. */
export function mrkdwn(source, screen) {
  const out = [];
  const parts = (source ?? "").split(/```/);
  parts.forEach((part, index) => {
    const fenced = index % 2 === 1 && index < parts.length - 1;
    if (fenced) out.push(h("pre.code", { tabindex: "0" }, unescape(part.replace(/^\n/, ""))));
    else out.push(...lines(index % 2 === 1 ? "```" + part : part, screen));
  });
  return out;
}

function lines(text, screen) {
  const out = [];
  let quote = null;
  text.split("\n").forEach((line, index, all) => {
    const quoted = /^(?:&gt;|>)\s?(?!<)/.exec(line);
    if (quoted) {
      if (!quote) out.push(quote = h("blockquote"));
      else quote.append(h("br"));
      quote.append(...inline(line.slice(quoted[0].length), screen));
      return;
    }
    quote = null;
    out.push(...inline(line, screen));
    if (index < all.length - 1) out.push(h("br"));
  });
  return out;
}

const TOKEN = /`([^`\n]+)`|<([^<>\n]+)>|(?<![\w*])\*(\S(?:[^*\n]*\S)?)\*(?![\w*])|(?<![\w_])_(\S(?:[^_\n]*\S)?)_(?![\w_])|(?<![\w~])~(\S(?:[^~\n]*\S)?)~(?![\w~])/;

function inline(text, screen) {
  const out = [];
  let rest = text;
  for (;;) {
    const found = TOKEN.exec(rest);
    if (!found) break;
    if (found.index) out.push(emoji(unescape(rest.slice(0, found.index))));
    const [whole, code, angle, bold, italic, strike] = found;
    if (code !== undefined) out.push(h("code", {}, unescape(code)));
    else if (angle !== undefined) out.push(reference(angle, screen));
    else if (bold !== undefined) out.push(h("strong", {}, inline(bold, screen)));
    else if (italic !== undefined) out.push(h("em", {}, inline(italic, screen)));
    else if (strike !== undefined) out.push(h("s", {}, inline(strike, screen)));
    rest = rest.slice(found.index + whole.length);
  }
  if (rest) out.push(emoji(unescape(rest)));
  return out;
}

function reference(inside, screen) {
  const [target, label] = split(inside, "|");
  if (target.startsWith("@")) return mention(target.slice(1), label, screen);
  if (target.startsWith("#")) return channel(target.slice(1), label, screen);
  if (target.startsWith("!subteam^")) return group(target.slice(9), label, screen);
  if (target.startsWith("!date^")) return date(target, label);
  if (target.startsWith("!")) return h("span.mention", {}, `@${target.slice(1)}`);
  return link(unescape(target), label === undefined ? unescape(target) : emoji(unescape(label)));
}

function split(text, separator) {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

export function mention(id, label, screen) {
  const person = screen.people.find((known) => known.id === id);
  const own = id === screen.me ? ".own" : "";
  return h(`span.mention${own}`, { title: person?.title }, `@${person?.real_name ?? label ?? id}`);
}

export function channel(id, label, screen) {
  return h("span.mention", {}, `#${screen.channel_names[id] ?? label ?? id}`);
}

export function group(id, label, screen) {
  const known = screen.groups.find((candidate) => candidate.id === id);
  return h("span.mention", {}, `@${known?.handle ?? label ?? "group"}`);
}

/** Renders a link. Only web and mail addresses become links. */
export function link(url, text) {
  const safe = /^(https?:|mailto:)/i.test(url);
  return safe ? h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, text) : h("span", {}, text);
}

/** Renders a date token, such as `!date^1798538700^{date_short}`, in the reader's time zone. */
export function date(target, fallback) {
  const [, seconds, format] = target.split("^");
  const when = new Date(Number(seconds) * 1000);
  if (!format || Number.isNaN(when.getTime())) return h("span", {}, unescape(fallback ?? target));
  const text = format.replace(/\{(\w+)\}/g, (whole, name) => dateForm(when, name) ?? whole);
  return h("time", { datetime: when.toISOString(), title: when.toLocaleString() }, unescape(text));
}

function dateForm(when, name) {
  const pretty = name.endsWith("_pretty") ? nearDay(when) : null;
  if (pretty) return pretty;
  const day = (options) => when.toLocaleDateString("en-US", options);
  const time = (options) => when.toLocaleTimeString([], options);
  switch (name) {
    case "date_num": return `${when.getFullYear()}-${two(when.getMonth() + 1)}-${two(when.getDate())}`;
    case "date_slash": return `${two(when.getMonth() + 1)}/${two(when.getDate())}/${when.getFullYear()}`;
    case "date": case "date_pretty": return day({ month: "long", day: "numeric", year: "numeric" });
    case "date_short": case "date_short_pretty": return day({ month: "short", day: "numeric", year: "numeric" });
    case "date_long": case "date_long_pretty":
      return day({ weekday: "long", month: "long", day: "numeric", year: "numeric" });
    case "day_divider_pretty": return day({ weekday: "long", month: "long", day: "numeric" });
    case "time": return time({ hour: "numeric", minute: "2-digit" });
    case "time_secs": return time({ hour: "numeric", minute: "2-digit", second: "2-digit" });
    case "ago": return ago(when);
    default: return null;
  }
}

const two = (number) => String(number).padStart(2, "0");

function nearDay(when) {
  const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
  const days = Math.round((midnight(when) - midnight(now())) / 86400000);
  return { "-1": "yesterday", 0: "today", 1: "tomorrow" }[days] ?? null;
}

function ago(when) {
  const format = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  const seconds = (when.getTime() - now().getTime()) / 1000;
  const steps = [["day", 86400], ["hour", 3600], ["minute", 60]];
  const [unit, size] = steps.find(([, size]) => Math.abs(seconds) >= size) ?? ["second", 1];
  return format.format(Math.round(seconds / size), unit);
}

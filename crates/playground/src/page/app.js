// The page: the current user, the channels, the conversation, the composer and the open thread.
import { fill, h, icon, keepingFocus, toast } from "/playground/files/dom.js";
import { act, fetchScreen, watch } from "/playground/files/backend.js";
import { confirmed, drawModal, explain } from "/playground/files/modal.js";
import { mrkdwn } from "/playground/files/mrkdwn.js";
import { renderBlocks } from "/playground/files/blocks.js";
import { clockPanel, era, follow, runClock } from "/playground/files/clock.js";
import { composer } from "/playground/files/composer.js";

const HOME = "home";
/** Milliseconds to wait for the app to publish a home tab before the page reports that there is none. */
const HOME_WITHIN = 3_000;
const memory = {
  get: (key) => { try { return localStorage.getItem(`playground.${key}`); } catch { return null; } },
  set: (key, value) => { try { localStorage.setItem(`playground.${key}`, value); } catch { /* not allowed here */ } },
};

const page = {
  me: memory.get("me") ?? "U0ALICE",
  place: null,
  thread: null,
  screen: null,
  drawn: {},
  seenError: null,
  homeless: null,
  stop: () => {},
};

const byId = (id) => document.getElementById(id);
const person = (id) => page.screen.people.find((known) => known.id === id);
const channelOf = (id) => page.screen.channels.find((known) => known.id === id);
const people = () => page.screen.people.filter((known) => !known.is_bot && !known.deleted);
const dm = () => page.screen.channels.find((known) => known.kind === "dm");
const title = (channel) => channel.kind === "dm" ? page.screen.app.name : channel.name;

/** Acts as the current user, and shows the error if there is one. */
async function send(type, fields = {}) {
  const me = page.me;
  const answer = await act(me, type, fields);
  if (type === "suggest") return answer;
  const before = page.seenError;
  if (me === page.me) await refresh();
  if (!answer.ok && before === page.seenError) explain(answer);
  return answer;
}

let running = null;
let again = false;

/** Fetches and draws the screen. A call during another one makes that one run again. */
function refresh() {
  again = true;
  running ??= (async () => {
    while (again) {
      again = false;
      const me = page.me;
      const screen = await fetchScreen(me);
      if (screen && me === page.me) draw(screen);
    }
    running = null;
  })();
  return running;
}

function draw(screen) {
  const starting = page.screen === null;
  page.screen = screen;
  follow(screen.now);
  if (!page.place || (page.place !== HOME && !channelOf(page.place))) page.place = startingPlace();
  if (starting) page.seenError = screen.error?.id ?? null;
  else if (screen.error && screen.error.id !== page.seenError) {
    page.seenError = screen.error.id;
    toast(screen.error.text.replaceAll("`", ""));
  }
  drawSidebar();
  drawMain();
  drawThread();
  drawModal(screen, send);
  const unread = screen.channels.reduce((sum, channel) => sum + channel.unread, 0);
  document.title = `${unread ? `(${unread}) ` : ""}${person(page.me).real_name} · Playground`;
  markRead();
}

function startingPlace() {
  const linked = location.hash.slice(1).split("/")[0];
  if (channelOf(linked)) return linked;
  const own = page.screen.channels.filter((channel) => channel.kind === "channel");
  return (own.find((channel) => channel.name.startsWith("team-")) ?? own[0] ?? dm()).id;
}

function markRead() {
  const channel = channelOf(page.place);
  if (channel?.unread && document.visibilityState === "visible") act(page.me, "read", { channel: channel.id });
}

const isAtEnd = (box) => box.scrollHeight - box.scrollTop - box.clientHeight < 80;

/** Draws a part of the page only if its data has changed. */
function part(name, what, paint) {
  const signature = JSON.stringify(what);
  if (page.drawn[name] === signature) return false;
  page.drawn[name] = signature;
  keepingFocus(byId(name), paint);
  return true;
}

function drawSidebar() {
  const { screen } = page;
  const what = [page.me, page.place, screen.channels, screen.waiting, era(screen)];
  part("sidebar", what, () => fill(byId("sidebar"),
    h("div.brand", {}, h("strong", {}, "Playground"), h("span.live", { id: "live", title: "Connected" }, "live")),
    h("h2", { id: "people-title" }, "You are"),
    h("ul.people", { "aria-labelledby": "people-title" },
      people().map(personRow)),
    h("h2", {}, "Channels"),
    h("ul", {}, screen.channels.filter((channel) => channel.kind === "channel").map(channelRow)),
    h("h2", {}, "App"),
    h("ul", {}, dm() && channelRow(dm()), row(HOME, icon("home"), `${screen.app.name} home`, 0, openHome)),
    clockPanel(screen, send),
    h("p.keys", {}, h("kbd", {}, "1"), " – ", h("kbd", {}, "5"), " switch person", h("br"),
      h("kbd", {}, "Ctrl"), " ", h("kbd", {}, "K"), " people ", h("kbd", {}, "/"), " command")));
}

function personRow(known, index) {
  const current = known.id === page.me;
  const waiting = current ? 0 : page.screen.waiting[known.id] ?? 0;
  return h("li", {}, h("button.person", {
    "aria-current": current && "true", data: { key: `person/${known.id}` }, onclick: () => become(known.id),
  }, avatar(known), h("span.who", {}, h("b", {}, known.real_name), h("small", {}, known.title)),
  waiting > 0 ? badge(waiting) : h("kbd", { "aria-hidden": "true" }, String(index + 1))));
}

const badge = (count) => h("span.badge", {}, String(count), h("span.quiet", {}, " unread"));

function channelRow(channel) {
  const mark = channel.kind === "dm" ? avatar(person(page.screen.app.person), "mini") : icon("hash");
  return row(channel.id, mark, title(channel), channel.unread, () => visit(channel.id));
}

function row(place, mark, name, unread, onclick) {
  return h("li", {}, h(unread ? "button.place.unread" : "button.place", {
    "aria-current": page.place === place && "page", data: { key: `place/${place}` }, onclick,
  }, mark, h("span.grow", {}, name), unread > 0 && badge(unread)));
}

function avatar(known, size = "") {
  const initials = (known?.real_name ?? "?").split(" ").map((word) => word[0]).join("").slice(0, 2);
  const tone = known?.is_bot ? "bot" : `tone${Math.max(page.screen.people.indexOf(known), 0) % 6}`;
  return h(`span.avatar.${tone}${size && `.${size}`}`, { "aria-hidden": "true" }, initials);
}

function drawMain() {
  const { screen } = page;
  const home = page.place === HOME;
  const channel = channelOf(page.place);
  const messages = home ? [] : screen.messages[page.place];
  const main = byId("main");
  const frame = part("main", [page.me, page.place, home && homeSignature(), memory.get("hint"), channel?.is_archived], () => {
    page.drawn.messages = null;
    const above = main.querySelector(`[data-owner="${page.me}"]`)?.scrollTop;
    fill(main, head(home, channel), home || memory.get("hint") ? null : hint(),
      home ? homeTab() : [h("div.messages", { id: "messages", tabindex: "0", role: "log", "aria-label": "Messages" }),
        composer(screen, channel, channel.kind === "dm" ? title(channel) : `#${title(channel)}`, send)]);
    const sheet = main.querySelector(".home");
    if (sheet && above) sheet.scrollTop = above;
  });
  if (home) return;
  const box = byId("messages");
  const atEnd = frame || isAtEnd(box);
  if (part("messages", [messages, screen.people, era(screen)], () => fill(box, conversation(channel, messages))) && atEnd) {
    box.scrollTop = box.scrollHeight;
  }
}

function head(home, channel) {
  const me = person(page.me);
  const about = home ? "What the app shows only you"
    : channel.kind === "dm" ? "Direct messages from the app"
      : `${channel.members.length} members`;
  return h("header.head", {},
    h("button.icon.menu-button", { "aria-label": "People and channels", onclick: () => toggleSidebar() }, icon("menu")),
    h("h1", {}, home ? `${page.screen.app.name} home` : channel.kind === "dm" ? title(channel) : `# ${title(channel)}`),
    h("span.about", {}, about),
    h("span.as", {}, "as ", h("b", {}, me.real_name)));
}

function hint() {
  const { command } = page.screen;
  return h("div.hint-bar", { role: "note" },
    h("span", {}, "Try ", h("code", {}, `${command} s3-bucket`), ", then switch to Morgan to approve a database."),
    h("button.icon", { "aria-label": "Dismiss hint", onclick: () => { memory.set("hint", "seen"); drawMain(); } }, "×"));
}

const homeSignature = () => [page.screen.home, page.homeless === page.me, era(page.screen)];

function homeTab() {
  const { home, app } = page.screen;
  if (!home) {
    const late = `${app.name} has not published a home tab for you yet.`;
    return h("p.empty", { role: "status" }, page.homeless === page.me ? late : "Loading…");
  }
  return h("div.home", { tabindex: "0", data: { owner: page.me }, role: "region", "aria-label": `${app.name} home` },
    h("div.sheet", {}, renderBlocks(home.blocks, host({}, home.state.values, `home/${page.me}`))));
}

/** The actions of elements outside a modal. */
function host(spot, values, prefix) {
  const at = (block, element) => ({ ...spot, block_id: block.block_id, action_id: element.action_id });
  const drafts = new Map();
  return {
    screen: page.screen, values, prefix, drafts,
    async click(block, element) {
      if (await confirmed(element, page.screen)) await send("click", at(block, element));
    },
    async change(block, element, value) {
      return await confirmed(element, page.screen) && send("choose", { ...at(block, element), value });
    },
    typed: (key, block, element, value) => drafts.set(key, { block, part: element, value }),
    async flush(key) {
      const draft = drafts.get(key);
      if (draft) await send("input", { ...at(draft.block, draft.part), value: draft.value });
    },
    suggest: (block, element, typed) => send("suggest", { ...at(block, element), typed }),
  };
}

function conversation(channel, messages) {
  const roots = messages.filter((message) => !message.thread_ts || message.ephemeral);
  if (!roots.length) {
    const what = channel.kind === "dm" ? `${title(channel)} writes to you here.` : `This is #${title(channel)}.`;
    return h("p.empty", {}, what, " Type ", h("code", {}, page.screen.command), " below to begin.");
  }
  let day = "";
  return roots.flatMap((message) => {
    const date = when(message).toLocaleDateString([], { weekday: "long", month: "long", day: "numeric" });
    const divider = date === day ? [] : [h("div.day", { role: "separator" }, h("span", {}, date))];
    day = date;
    return [...divider, messageRow(message, messages)];
  });
}

const when = (message) => new Date(Number(message.ts) * 1000);

function messageRow(message, all) {
  const author = person(message.author);
  const replies = all.filter((reply) => reply.thread_ts === message.ts && !reply.ephemeral);
  const spot = { channel: message.channel, ts: message.ts };
  const clock = when(message).toLocaleTimeString([], { hour: "numeric", minute: "2-digit" });
  return h(message.ephemeral ? "article.message.ephemeral" : "article.message", { "aria-label": `${author?.real_name ?? "Playground"}, ${clock}` },
    avatar(author),
    h("div.body", {},
      message.ephemeral && h("p.private", {}, icon("eye"), "Only visible to you"),
      h("p.meta", {}, h("b", {}, author?.real_name ?? "Playground"), author?.is_bot && h("span.tag", {}, "app"),
        h("time", { datetime: when(message).toISOString(), title: when(message).toLocaleString() }, clock),
        message.edited && h("span", {}, "edited")),
      message.blocks.length
        ? renderBlocks(message.blocks, host(spot, message.values, `${message.channel}/${message.ts}`))
        : h("div.text", {}, mrkdwn(message.text, page.screen)),
      replies.length > 0 && h("button.replies", {
        data: { key: `thread/${message.ts}` }, onclick: () => openThread(message.ts),
      }, `${replies.length} ${replies.length === 1 ? "reply" : "replies"}`, h("small", {}, "View thread"))));
}

function openThread(ts) {
  page.thread = ts;
  page.drawn.thread = null;
  drawThread();
  byId("thread").querySelector("button")?.focus();
}

function closeThread() {
  const ts = page.thread;
  page.thread = null;
  drawThread();
  document.querySelector(`[data-key="thread/${ts}"]`)?.focus();
}

function drawThread() {
  const panel = byId("thread");
  const all = page.screen.messages[page.place] ?? [];
  const shown = page.thread ? all.filter((message) => message.ts === page.thread || message.thread_ts === page.thread) : [];
  panel.hidden = shown.length === 0;
  const before = page.drawn.thread && panel.querySelector(".messages");
  const above = before && !isAtEnd(before) ? before.scrollTop : null;
  const drawn = part("thread", [page.me, shown, era(page.screen)], () => fill(panel,
    h("header.head", {}, h("h2", {}, "Thread"), h("button.icon", { "aria-label": "Close thread", onclick: closeThread }, "×")),
    h("div.messages", { tabindex: "0", role: "log", "aria-label": "Replies" }, shown.map((message) => messageRow(message, [])))));
  const box = panel.querySelector(".messages");
  if (drawn && box) box.scrollTop = above ?? box.scrollHeight;
}

function visit(place) {
  page.place = place;
  page.thread = null;
  toggleSidebar(false);
  draw(page.screen);
  byId("composer-text")?.focus({ preventScroll: true });
}

async function openHome() {
  visit(HOME);
  await askHome();
}

/** Notifies the app that its home tab is open. The app publishes after its answer, so the page waits a little. */
async function askHome() {
  const { me } = page;
  page.homeless = null;
  await send("home");
  setTimeout(() => {
    page.homeless = me;
    if (page.screen && me === page.me) drawMain();
  }, HOME_WITHIN);
}

function become(id) {
  if (id === page.me) return toggleSidebar(false);
  page.stop();
  Object.assign(page, { me: id, place: page.place === HOME ? HOME : null, thread: null, screen: null, drawn: {} });
  memory.set("me", id);
  // A user who has switched to another person no longer needs the hint.
  memory.set("hint", "seen");
  toggleSidebar(false);
  start();
  if (page.place === HOME) askHome();
}

function toggleSidebar(show = !document.body.classList.contains("menu-open")) {
  document.body.classList.toggle("menu-open", show);
  if (show) document.querySelector(".person[aria-current]")?.focus();
}

function start() {
  page.stop = watch(page.me, refresh, (live) => {
    const mark = byId("live");
    if (!mark) return;
    mark.classList.toggle("lost", !live);
    mark.textContent = live ? "live" : "offline";
  });
}

document.addEventListener("keydown", (event) => {
  if (byId("app").inert || !page.screen) return;
  const typing = event.target.matches("input, textarea, select");
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    document.body.classList.add("menu-open");
    document.querySelector(".person[aria-current]")?.focus();
  } else if (event.key === "Escape" && document.body.classList.contains("menu-open")) {
    toggleSidebar(false);
  } else if (event.key === "Escape" && page.thread) {
    closeThread();
  } else if (!typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const chosen = /^[1-9]$/.test(event.key) && people()[Number(event.key) - 1];
    if (chosen) become(chosen.id);
    else if (event.key === "/" && byId("composer-text")) {
      event.preventDefault();
      const box = byId("composer-text");
      if (!box.value) box.value = "/";
      box.focus();
      box.dispatchEvent(new Event("input"));
    }
  }
});
byId("main").addEventListener("pointerdown", (event) => {
  if (!event.target.closest(".menu-button")) toggleSidebar(false);
});
document.addEventListener("visibilitychange", () => { if (page.screen) markRead(); });
window.addEventListener("hashchange", () => {
  const linked = location.hash.slice(1).split("/")[0];
  if (page.screen && channelOf(linked)) visit(linked);
});

runClock(refresh);
fetchScreen(page.me).then((screen) => {
  if (!screen) page.me = "U0ALICE";
  start();
});

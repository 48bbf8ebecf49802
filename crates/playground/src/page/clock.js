// The playground's clock: the current time on this page, and the control that moves it ahead.
import { announce, h } from "/playground/files/dom.js";

const TICK = 5_000;

let skew = 0;

/** Sets the time to that of the playground, in milliseconds since 1970. */
export function follow(milliseconds) {
  skew = milliseconds - Date.now();
}

/** Returns the playground's current time. */
export const now = () => new Date(Date.now() + skew);

/** Returns a value that changes whenever texts such as "today" do: the day, and how far the clock was moved. */
export const era = (screen) => `${now().toDateString()}/${screen.clock.ahead}`;

const spelled = (date) => date.toLocaleString([], {
  weekday: "short", month: "short", day: "numeric", year: "numeric", hour: "numeric", minute: "2-digit",
});

/** Renders the time and, if it can be moved, the steps. `send(type, fields)` acts as the user. */
export function clockPanel(screen, send) {
  const { ahead, steps } = screen.clock;
  return h("section.clock", { "aria-labelledby": "clock-title" },
    h("div.clock-head", {}, h("h2", { id: "clock-title" }, "Clock"),
      ahead > 0 && h("small", {}, `${distance(ahead)} ahead`)),
    h("time", { id: "clock-now", datetime: now().toISOString() }, spelled(now())),
    steps.length > 0 && h("div.steps", { role: "group", "aria-labelledby": "clock-move" },
      h("span", { id: "clock-move" }, "Move ahead"),
      steps.map((step) => stepButton(step, send))));
}

function stepButton({ by, words }, send) {
  return h("button", {
    type: "button", "aria-label": `Move ahead by ${words}`, title: "There is no way back",
    data: { key: `clock/${by}` },
    onclick: async ({ currentTarget: button }) => {
      // Pressing again before the answer would move the clock twice.
      if (button.ariaBusy) return;
      button.ariaBusy = "true";
      const answer = await send("clock", { by });
      button.ariaBusy = null;
      if (answer.ok) announce(`It is now ${spelled(now())}.`);
    },
  }, words);
}

/** Formats a duration as "37 days" or "1 day 2 hours". Steps are whole hours, so there is nothing smaller. */
function distance(milliseconds) {
  const hours = Math.round(milliseconds / 3_600_000);
  const parts = [[Math.floor(hours / 24), "day"], [hours % 24, "hour"]];
  return parts.filter(([count]) => count).map(([count, unit]) => `${count} ${unit}${count === 1 ? "" : "s"}`).join(" ");
}

/** Keeps the displayed time current, and calls `changed` when a new day begins. */
export function runClock(changed) {
  let day = now().toDateString();
  setInterval(() => {
    const shown = document.getElementById("clock-now");
    const text = spelled(now());
    if (shown && shown.textContent !== text) {
      shown.textContent = text;
      shown.dateTime = now().toISOString();
    }
    if (day === now().toDateString()) return;
    day = now().toDateString();
    changed();
  }, TICK);
}

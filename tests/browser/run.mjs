// Runs every journey against one program in one browser and says how many passed.
//
//   node run.mjs PATH-OF-BINARY PATH-OF-CHROMIUM FOLDER-FOR-PICTURES
import { mkdir } from "node:fs/promises";
import { chromium } from "playwright-core";
import { App } from "./app.mjs";
import { journeys } from "./journeys.mjs";
import { Seat } from "./seat.mjs";

const [binary, browserPath, pictures] = process.argv.slice(2);
const say = (line) => process.stdout.write(`${line}\n`);

async function attempt(seat, name, journey) {
  seat.wrong.length = 0;
  try {
    await journey(seat);
    if (seat.wrong.length) throw new Error(`the page complained:\n  ${seat.wrong.join("\n  ")}`);
    say(`ok      ${name}`);
    return true;
  } catch (error) {
    await seat.picture(`failed-${name.replaceAll(" ", "-")}`).catch(() => {});
    say(`FAILED  ${name}\n${error.stack}\n${seat.wrong.join("\n")}\n${seat.app.said}`);
    return false;
  }
}

await mkdir(pictures, { recursive: true });
const app = await App.start(binary);
// Chromium's own sandbox needs a kernel feature that many CI containers lack; only the playground is visited.
const browser = await chromium.launch({ executablePath: browserPath, args: ["--no-sandbox"] });
let passed = 0;
try {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 }, locale: "en-US", timezoneId: "Europe/Berlin", reducedMotion: "reduce",
  });
  const seat = new Seat(await context.newPage(), app, pictures);
  for (const [name, journey] of journeys) {
    if (!await attempt(seat, name, journey)) break;
    passed += 1;
  }
} finally {
  await browser.close();
  await app.remove();
}
const failed = passed < journeys.length ? 1 : 0;
const skipped = journeys.length - passed - failed;
say(`${passed} passed, ${failed} failed${skipped ? `, ${skipped} not run` : ""}`);
process.exitCode = failed;

// What is tried, in order: each journey finds the workspace as the one before left it.
import assert from "node:assert/strict";

const DM = "Quartermaster";

async function bucket(seat) {
  await seat.arrive();
  await seat.picture("01-first-visit");
  await seat.types("/provision s3-bucket");
  await seat.form.waitFor();
  await seat.form.locator("button[type=submit]").click();
  await seat.form.getByText("Please complete this required field").waitFor();
  await seat.picture("02-required-field");
  await seat.fills({ Purpose: "Logs", "Why do you need it?": "Invoices of 2026" });
  await seat.picture("03-filled-form");
  await seat.submits();
  await seat.visit(DM);
  await seat.message("Provisioning", "of");
  await seat.picture("04-progress");
  await seat.message("is ready", "BucketName", "arn:aws:s3:::");
  await seat.picture("05-outputs");
}

async function preview(seat) {
  await seat.visit("team-payments");
  await seat.types("/provision rds-postgres");
  await seat.fills({ "Database name": "orders" });
  await seat.form.getByText("about $15/month").waitFor();
  await seat.fills({ Environment: "Production (two zones, 35 days of backups)" });
  await seat.form.getByText("about $15/month").waitFor({ state: "detached" });
  assert.equal(await seat.field("Database name").inputValue(), "orders");
  await seat.form.getByText("list price").scrollIntoViewIfNeeded();
  await seat.picture("06-preview-changed");
  await seat.submits();
}

async function approved(seat) {
  await seat.become("Morgan Lee");
  await seat.visit("team-payments");
  const card = await seat.message("Approval needed", "orders");
  await card.scrollIntoViewIfNeeded();
  await seat.picture("07-approval-card");
  await card.getByRole("button", { name: /^Approve request/ }).click();
  const changed = await seat.message("Approved by", "Provisioning");
  await changed.locator(".replies").click();
  await seat.page.locator("#thread .message").last().getByText("Provisioning").waitFor();
  await seat.picture("08-approved-with-thread");
  await seat.message("Approved by", "Active until");
  assert.equal(await changed.getByRole("button", { name: /^Approve request/ }).count(), 0);
  await seat.picture("09-active-card");
  await seat.become("Alice Adams");
  await seat.visit(DM);
  await seat.message("is ready", "PostgreSQL RDS Instance", "ConnectionUrl");
  await seat.picture("10-database-outputs");
}

async function denied(seat) {
  await seat.types("/provision rds-postgres DatabaseName=shadow");
  await seat.form.waitFor();
  assert.equal(await seat.field("Database name").inputValue(), "shadow");
  await seat.submits();
  await seat.become("Morgan Lee");
  await seat.visit("team-payments");
  const card = await seat.message("Approval needed", "shadow");
  await card.getByRole("button", { name: "Deny" }).click();
  await seat.form.waitFor();
  await seat.picture("11-deny-dialog");
  await seat.form.locator("textarea").fill("Use the orders database: one is enough for this team.");
  await seat.submits();
  await seat.message("Denied by", "one is enough");
  await seat.picture("12-denied-card");
  await seat.become("Alice Adams");
  await seat.visit(DM);
  const told = await seat.message("was denied", "one is enough");
  await told.getByRole("button", { name: "Ask again" }).waitFor();
  await seat.picture("13-denied-dm");
}

async function withdrawn(seat) {
  await seat.types("/provision rds-postgres DatabaseName=oops");
  await seat.form.waitFor();
  await seat.submits();
  const mine = await seat.message("oops", "Waiting for approval");
  await mine.getByRole("button", { name: "Cancel" }).click();
  await seat.page.locator("[role=alertdialog]").waitFor();
  await seat.picture("14-confirm-cancel");
  await seat.confirms();
  await seat.message("oops", "Cancelled by");
  await seat.picture("15-cancelled");
}

async function commands(seat) {
  const { page } = seat;
  for (const [name, text] of [["list", "Your requests"], ["help", "How to use"]]) {
    await seat.types(`/provision ${name}`);
    await seat.message("Only visible to you", text);
    await seat.picture(`16-command-${name}`);
  }
  await page.locator("#composer-text").fill("/provision");
  const offered = await page.locator("#completions code").allInnerTexts();
  assert.ok(offered.includes("/provision s3-bucket"), offered.join());
  await seat.picture("16-completions");
  for (const text of offered.filter((offer) => /^\/provision (list|costs|stats|help)$/.test(offer))) {
    const privately = page.locator("#messages .ephemeral");
    const before = await privately.count();
    await seat.types(text);
    await privately.nth(before).waitFor();
  }
  assert.equal(await page.locator("#messages").getByText("is not available").count(), 0);
  const rows = await seat.message("Your requests", "Secure S3 Bucket v1.0");
  await rows.getByRole("button", { name: /Details of request/ }).last().click();
  await seat.message("Only visible to you", "Secure S3 Bucket", "full id");
  await seat.picture("16-command-status");
  await seat.types("/provision");
  await seat.form.getByText("Secure S3 Bucket").first().waitFor();
  await seat.picture("16-command-catalog");
  await page.keyboard.press("Escape");
  await seat.form.waitFor({ state: "detached" });
}

async function restarted(seat) {
  await seat.types("/provision rds-postgres DatabaseName=later");
  await seat.form.waitFor();
  await seat.submits();
  await seat.message("Waiting for approval");
  const before = await seat.page.locator("#messages .message:not(.ephemeral)").allInnerTexts();
  assert.equal(await seat.sitsOutARestart(), 0);
  await seat.visit(DM);
  await seat.message("Waiting for approval");
  assert.deepEqual(await seat.page.locator("#messages .message:not(.ephemeral)").allInnerTexts(), before);
  await seat.become("Morgan Lee");
  await seat.visit("team-payments");
  const card = await seat.message("Approval needed", "later");
  await card.getByRole("button", { name: /^Approve request/ }).click();
  await seat.message("Approved by", "later", "Active until");
  await seat.picture("17-approved-after-a-restart");
}

async function narrow(seat) {
  await seat.page.setViewportSize({ width: 420, height: 800 });
  await seat.arrive();
  await seat.become("Alice Adams");
  await seat.unfold();
  await seat.page.locator(".person").first().waitFor();
  await seat.picture("18-narrow-people");
  await seat.visit("team-payments");
  await seat.types("/provision s3-bucket");
  await seat.fills({ Purpose: "Backups" });
  await seat.picture("19-narrow-form");
  await seat.submits();
  await seat.picture("20-narrow-card");
  await seat.visit(DM);
  await seat.message("is ready", "backups");
  await seat.picture("21-narrow-outputs");
  const overflow = await seat.page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(overflow <= 0, `the page is ${overflow} px too wide`);
  await seat.page.setViewportSize({ width: 1280, height: 800 });
}

/** The first journey again, as Bob, with no pointer. */
async function keyboard(seat) {
  const { page } = seat;
  const press = (key) => page.keyboard.press(key);
  const focused = (what) => page.waitForFunction((selector) => document.activeElement?.matches(selector), what);
  const tabTo = async (what) => {
    for (let step = 0; step < 60; step += 1) {
      if (await page.evaluate((selector) => document.activeElement?.matches(selector), what)) return;
      await press("Tab");
    }
    assert.fail(`no number of Tabs leads to ${what}`);
  };
  await seat.arrive();
  await press("2");
  await page.locator(".as b", { hasText: "Bob Brown" }).waitFor();
  await press("/");
  await focused("#composer-text");
  await page.keyboard.type("provision s3");
  await press("Tab");
  await press("Enter");
  await seat.form.waitFor();
  await focused("form.modal select");
  await page.keyboard.type("Logs");
  await tabTo("form.modal button[type=submit]");
  await seat.picture("22-keyboard-form");
  await press("Enter");
  await seat.form.waitFor({ state: "detached" });
  await focused("#composer-text");
  await tabTo("a.skip");
  await tabTo("[data-key^='place/D']");
  await press("Enter");
  await seat.message("is ready", "search-logs");
  await seat.picture("23-keyboard-outputs");
}

async function dark(seat) {
  await seat.page.emulateMedia({ colorScheme: "dark" });
  await seat.arrive();
  await seat.become("Morgan Lee");
  await seat.visit("team-payments");
  await seat.message("Denied by");
  await seat.picture("24-dark-cards");
  await seat.become("Alice Adams");
  await seat.types("/provision");
  await seat.form.waitFor();
  await seat.picture("25-dark-catalog");
  await seat.page.keyboard.press("Escape");
  await seat.form.waitFor({ state: "detached" });
  await seat.page.emulateMedia({ colorScheme: "light" });
}

/** What the README shows: a card to decide on, beside the thread of one that is being provisioned. */
async function portrait(seat) {
  const ask = async (name, reason, size) => {
    await seat.types("/provision rds-postgres");
    await seat.fills({ "Database name": name, Size: size, "Why do you need it?": reason });
    await seat.submits();
  };
  await seat.become("Bob Brown");
  await ask("suggestions", "Search suggestions move out of the shared database", "Small: 2 vCPU, 1 GB (db.t4g.micro)");
  await ask("synonyms", "Editors keep synonyms by themselves", "Medium: 2 vCPU, 2 GB (db.t4g.small)");
  await seat.become("Morgan Lee");
  await seat.visit("team-search");
  await seat.message("Approval needed", "synonyms");
  const first = await seat.message("Approval needed", "suggestions");
  await first.getByRole("button", { name: /^Approve request/ }).click();
  const approved = await seat.message("suggestions", "Approved by");
  await approved.locator(".replies").click();
  await seat.page.locator("#thread .message").last().getByText(/[2-9] of/).waitFor();
  await seat.page.locator("#messages").evaluate((box) => { box.scrollTop = box.scrollHeight; });
  await seat.picture("26-playground");
}

/** The clock is moved with the keyboard, everybody's page follows, and a restart goes on from there. */
async function clock(seat) {
  const { page } = seat;
  const panel = page.getByRole("region", { name: "Clock" });
  const day = async () => new Date(await panel.locator("time").getAttribute("datetime")).getTime() / 86_400_000;
  const before = await day();
  const other = await page.context().newPage();
  await other.goto(seat.app.url);
  await panel.getByRole("button", { name: "Move ahead by 1 hour" }).focus();
  await page.keyboard.press("Enter");
  await panel.getByText("1 hour ahead").waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Space");
  await panel.getByText("1 day 1 hour ahead").waitFor();
  await page.getByRole("status").getByText("It is now").waitFor();
  await other.getByText("1 day 1 hour ahead").waitFor();
  await other.close();
  await seat.picture("27-clock-ahead");
  assert.equal(await seat.sitsOutARestart(), 0);
  await panel.getByText("1 day 1 hour ahead").waitFor();
  assert.equal(Math.floor(await day() - before), 1);
}

/** A month later everything runs out at once: one warning, which shows the new end once something is renewed. */
async function warned(seat) {
  const { page } = seat;
  await seat.become("Alice");
  await seat.visit("Quartermaster");
  await page.getByRole("region", { name: "Clock" }).getByRole("button", { name: "Move ahead by 30 days" }).click();
  const warning = await seat.message("torn down soon", "Renew 30 days");
  await seat.picture("28-warning");
  await warning.getByRole("button", { name: /Renew 30 days request/ }).first().click();
  await seat.message("torn down soon", "Renewed: it is active until");
  await seat.picture("29-renewed");
  await warning.getByRole("button", { name: /Tear down request/ }).first().click();
  await seat.form.getByText("Tear down").first().waitFor();
  await seat.picture("30-teardown");
  await seat.form.getByRole("button", { name: "Keep it" }).click();
  await seat.form.waitFor({ state: "detached" });
  await seat.types("/provision costs");
  await page.locator("#messages table").last().waitFor();
  await page.locator("#messages").evaluate((box) => { box.scrollTop = box.scrollHeight; });
  await seat.picture("31-costs");
}

/** The home tab loads, shows what is there, and acts like a message would. */
async function home(seat) {
  const { page } = seat;
  await seat.visit("Quartermaster home");
  await page.getByText("Loading…").waitFor({ state: "detached" });
  await page.locator("#main .home").getByText("Your requests and resources").waitFor();
  await seat.picture("32-home");
  await page.locator("#main .home").getByText("Team payments").first().scrollIntoViewIfNeeded();
  await seat.picture("33-home-team");
  await page.locator("#main .home").getByRole("button", { name: /What your resources/ }).click();
  await seat.form.waitFor();
  await seat.picture("34-home-costs");
  await page.keyboard.press("Escape");
  await seat.become("Morgan");
  await seat.visit("Quartermaster home");
  await page.locator("#main .home").getByText("Waiting for your approval").waitFor();
  await seat.picture("35-home-approver");
  await page.setViewportSize({ width: 420, height: 800 });
  await seat.picture("36-home-narrow");
  await page.setViewportSize({ width: 1280, height: 800 });
}

export const journeys = [
  ["a bucket is requested, provisioned and its outputs arrive", bucket],
  ["the preview follows the form and keeps what was typed", preview],
  ["an approver approves and the requester gets the outputs", approved],
  ["a denial reaches the requester with its reason", denied],
  ["a requester cancels after a second thought", withdrawn],
  ["the other commands answer privately", commands],
  ["a restart keeps conversations and buttons", restarted],
  ["everything fits a narrow window", narrow],
  ["the first journey needs no pointer", keyboard],
  ["the dark page shows the same", dark],
  ["a card waits beside a thread that moves", portrait],
  ["the clock is moved ahead and stays there", clock],
  ["a month later the leases run out", warned],
  ["the home tab shows what is there", home],
];

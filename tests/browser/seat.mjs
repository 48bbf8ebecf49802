// One browser page and what a person in front of it does. Every wait is bounded; nothing sleeps.
import { join } from "node:path";

const FOUND_WITHIN = 10_000;

export class Seat {
  constructor(page, app, pictures) {
    Object.assign(this, { page, app, pictures, wrong: [], leaving: false });
    page.setDefaultTimeout(FOUND_WITHIN);
    page.on("console", (line) => {
      if (["error", "warning"].includes(line.type())) this.wrong.push(`console: ${line.text()}`);
    });
    page.on("pageerror", (error) => this.wrong.push(`script: ${error.message}`));
    page.on("requestfailed", (request) => {
      const aborted = request.failure()?.errorText === "net::ERR_ABORTED";
      // A stream ends when its reader turns to another person, and whatever the page was asking for when it is left.
      const turned = request.url().includes("/playground/stream");
      const left = this.leaving && request.url().includes("/playground/state");
      if (!(aborted && (turned || left))) this.wrong.push(`request: ${request.url()} ${request.failure()?.errorText}`);
    });
    page.on("response", (response) => {
      if (response.status() >= 400) this.wrong.push(`answer: ${response.url()} ${response.status()}`);
    });
  }

  async arrive() {
    await this.leavesFor(this.app.url);
    await this.page.locator("#composer-text").waitFor();
  }

  /** Goes elsewhere, whatever the page is asking for at that moment. */
  async leavesFor(url) {
    this.leaving = true;
    await this.page.goto(url);
    this.leaving = false;
  }

  /** The program is stopped and started again while nobody looks at the page. */
  async sitsOutARestart() {
    await this.leavesFor("about:blank");
    const code = await this.app.stop();
    await this.app.run();
    await this.arrive();
    return code;
  }

  picture(name) {
    return this.page.screenshot({ path: join(this.pictures, `${name}.png`) });
  }

  /** Opens the list of people and channels where the window is too narrow to show it always. */
  async unfold() {
    const menu = this.page.locator("#main .menu-button");
    const isOpen = await this.page.locator("body.menu-open").count();
    if (!isOpen && await menu.isVisible()) await menu.click();
  }

  async become(name) {
    await this.unfold();
    await this.page.locator(".person", { hasText: name }).click();
    await this.page.locator(".as b", { hasText: name }).waitFor({ state: "attached" });
  }

  async visit(name) {
    await this.unfold();
    await this.page.locator(".place", { hasText: name }).first().click();
    await this.page.locator("h1", { hasText: name }).waitFor();
  }

  async types(text) {
    await this.page.locator("#composer-text").fill(text);
    await this.page.keyboard.press("Enter");
  }

  get form() {
    return this.page.locator("form.modal");
  }

  field(label) {
    return this.form.getByLabel(label, { exact: false }).first();
  }

  /** Fills the fields of the open form by their labels: an option's text for a select, text for the rest. */
  async fills(values) {
    for (const [label, value] of Object.entries(values)) {
      const control = this.field(label);
      await control.waitFor();
      const isSelect = await control.evaluate((element) => element.tagName === "SELECT");
      if (isSelect) await control.selectOption({ label: value });
      else await control.fill(value);
    }
  }

  async submits() {
    await this.form.locator("button[type=submit]").click();
    await this.form.waitFor({ state: "detached" });
  }

  /** The newest message of the conversation that says all of `texts`. */
  async message(...texts) {
    let found = this.page.locator("#messages .message");
    for (const text of texts) found = found.filter({ hasText: text });
    await found.last().waitFor();
    return found.last();
  }

  /** Answers the "are you sure" dialog. */
  async confirms() {
    const sure = this.page.locator("[role=alertdialog]");
    await sure.waitFor();
    await sure.locator(".modal-foot button").last().click();
    await sure.waitFor({ state: "detached" });
  }
}

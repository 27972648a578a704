// Somebody in front of a browser: one look, one page, and the deeds that several stories share.

import { accessible, focusSeen, named, withinWidth } from "./checks.mjs";
import { Guard } from "./guard.mjs";

/** How long a deed may take before it counts as not done; the machine may be busy with other things. */
const PATIENCE_MS = 30_000;

/** How often a page is loaded again while something is awaited. */
const PAUSE_MS = 250;

/** The heights that go with the widths. */
const HEIGHTS = { 1440: 900, 768: 1024, 390: 844 };

/** The narrowest width that a page must fit; it is 1280 px at 400 % (WCAG 1.4.10). */
const NARROWEST = 320;

/** What a page did not do; told apart from what broke on the way. */
export class Broken extends Error {}

/** How somebody looks at pages. */
export const lookName = ({ theme, width, scripts }) =>
  `${theme}, ${width} px, ${scripts ? "with" : "without"} scripts`;

export class Visitor {
  /** The page as the driver knows it. */
  page;
  /** What was found wrong so far, each with its page. */
  troubles = [];
  #context;
  #guard;
  #look;
  #origin;

  /** Opens a browser's window of its own, with nobody's cookies unless some are given. */
  static async open(browser, origin, look, cookies = []) {
    const visitor = new Visitor();
    visitor.#look = look;
    visitor.#origin = origin;
    visitor.#context = await browser.newContext({
      viewport: { width: look.width, height: HEIGHTS[look.width] },
      colorScheme: look.theme,
      javaScriptEnabled: look.scripts,
      reducedMotion: "reduce",
      locale: "en-GB",
      timezoneId: "UTC",
    });
    visitor.#context.setDefaultTimeout(PATIENCE_MS);
    visitor.#context.setDefaultNavigationTimeout(PATIENCE_MS);
    await visitor.#context.addCookies(cookies);
    visitor.page = await visitor.#context.newPage();
    visitor.#guard = await Guard.on(visitor.page, origin);
    return visitor;
  }

  /** The look this visitor has. */
  get look() {
    return this.#look;
  }

  /** Gives the cookies, for somebody else to come in with. */
  cookies() {
    return this.#context.cookies();
  }

  /** Goes to an address of the server. */
  async go(path, { status = 200 } = {}) {
    const url = new URL(path, this.#origin).href;
    if (status >= 400) this.#guard.expect(status, url);
    const answer = await this.page.goto(url);
    if (answer.status() !== status) throw new Broken(`${path} answered ${answer.status()}, not ${status}`);
  }

  /** Judges the page that is open; `steps` is how far the Tab key walks through it. */
  async look_at(name, { steps = 0, narrow = true } = {}) {
    const { page } = this;
    await page.evaluate(() => document.fonts.ready.then(() => true));
    const found = [...(await named(page)), ...(await withinWidth(page))];
    // Where scripts are off there is nothing that could judge from inside; the same bytes are judged where they are on.
    if (this.#look.scripts) found.push(...(await accessible(page)));
    if (steps > 0) found.push(...(await focusSeen(page, steps)));
    if (narrow && this.#look.width === 390) {
      await page.setViewportSize({ width: NARROWEST, height: HEIGHTS[390] });
      found.push(...(await withinWidth(page)).map((one) => ({ ...one, rule: `${one.rule} at ${NARROWEST} px` })));
      await page.setViewportSize({ width: 390, height: HEIGHTS[390] });
    }
    this.note(name, found);
  }

  /** Opens each menu of the page in turn: what it shows must fit and be judged as well. */
  async look_into_menus(name) {
    const { page } = this;
    const menus = page.locator("main details > summary:visible");
    for (let at = 0; at < (await menus.count()); at += 1) {
      const menu = menus.nth(at);
      const closed = await menu.evaluate((summary) => !summary.parentElement.open);
      if (!closed) continue;
      await menu.click();
      const words = (await menu.innerText()).trim() || (await menu.getAttribute("aria-label"));
      const found = await withinWidth(page);
      await menu.evaluate((summary) => summary.parentElement.setAttribute("data-judged", ""));
      if (this.#look.scripts) found.push(...(await accessible(page, "[data-judged]")));
      await menu.evaluate((summary) => summary.parentElement.removeAttribute("data-judged"));
      this.note(`${name}, ${words.replace(/\s+/g, " ")} open`, found);
      await menu.click();
    }
  }

  /** Keeps what was found, with the page it was found on; what the guard heard meanwhile goes with it. */
  note(name, found) {
    const at = new URL(this.page.url()).pathname;
    for (const one of [...found, ...this.#guard.take()]) this.troubles.push({ name, at, ...one });
  }

  /** Says that something must be so; the story ends here if it is not. */
  must(is, what) {
    if (!is) throw new Broken(`${what} (on ${new URL(this.page.url()).pathname})`);
  }

  /** Reads a text of the page, with single spaces. */
  async text(selector) {
    return (await this.page.locator(selector).first().innerText()).replace(/\s+/g, " ").trim();
  }

  /** Follows a line of the navigation, which is behind a button where the page is narrow. */
  async navigate(line) {
    const menu = this.page.getByRole("button", { name: "Open navigation" });
    if (await menu.isVisible()) await menu.click();
    await this.page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: line }).click();
    await this.page.getByRole("heading", { level: 1, name: line }).waitFor();
  }

  /** Loads the page again until it shows what is wanted, and gives each text that it showed on the way. */
  async reload_until(selector, wanted) {
    const seen = [];
    const began = Date.now();
    for (;;) {
      const text = await this.text(selector);
      if (seen.at(-1) !== text) seen.push(text);
      if (wanted.test(text)) return seen;
      if (Date.now() - began > PATIENCE_MS) throw new Broken(`${wanted} did not come; there was: ${seen.join(" | ")}`);
      await new Promise((on) => setTimeout(on, PAUSE_MS));
      await this.page.reload();
    }
  }

  /** Keeps a picture of the whole page. */
  picture(path) {
    return this.page.screenshot({ path, fullPage: true, animations: "disabled" });
  }

  /** Closes the window. */
  close() {
    return this.#context.close();
  }
}

/** The account that every story makes. */
export const PERSON = {
  name: "Mara Lindqvist",
  email: "mara@northwind.example",
  password: "lantern over a quiet harbour",
};

/** Makes the first account with the link that the server printed; ends inside the workspace. */
export const makeAccount = async (visitor, product) => {
  const link = new URL(product.firstStart);
  await visitor.go(link.pathname + link.search);
  await visitor.look_at("first start", { steps: 12 });
  await visitor.page.getByLabel("Your name").fill(PERSON.name);
  await visitor.page.getByLabel("Email").fill(PERSON.email);
  await visitor.page.getByLabel("Password").fill(PERSON.password);
  await visitor.page.getByRole("button", { name: "Create administrator" }).click();
  await visitor.page.waitForURL("**/operations");
};

/** Connects a tenant of the simulator by the form, with its own secret or another; ends on the run that checks it. */
export const connectTenant = async (visitor, product, { slug, name, secret }) => {
  const { page } = visitor;
  const [tenant] = product.graph.tenants;
  await visitor.navigate("Tenants");
  await page.getByRole("link", { name: "Add tenant" }).first().click();
  await page.getByRole("heading", { name: "Add tenant" }).waitFor();
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByLabel("Short name").fill(slug);
  await page.getByRole("radio", { name: "Test" }).check();
  await page.getByRole("radio", { name: "Simulated" }).check();
  await page.getByLabel("Address of the simulator").fill(product.graph.graph_url);
  await page.getByLabel("Microsoft tenant").fill(tenant.tenant_id);
  await page.getByLabel("Application (client) ID").fill(tenant.client_id);
  await page.getByLabel("Client secret").fill(secret ?? tenant.client_secret);
  await visitor.look_at("the form that connects a tenant", { steps: 20 });
  await page.getByRole("button", { name: "Connect and check" }).click();
  await page.getByRole("heading", { level: 1, name: "Check connection" }).waitFor();
};

/** What the heading of a run's page shows of its state. */
export const RUN_STATE = "main .head .title";

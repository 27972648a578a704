// A walk over every page of the product, in every state that pages.json names, in one theme and all widths.
//
// pages.json has an entry for every page of the route inventory; a test of the crate `web` sees to that.

import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { Product } from "./product.mjs";
import { Broken, makeAccount, PERSON, Visitor } from "./visitor.mjs";

/** The pages with their visits; an entry that is a sentence says why there is nothing to look at. */
const PAGES = Object.fromEntries(
  Object.entries(JSON.parse(readFileSync(new URL("pages.json", import.meta.url), "utf8"))).filter(([, visits]) => Array.isArray(visits)),
);

/** The states that an installation goes through, in their order; a visit happens in one of them. */
const STATES = ["new", "empty", "full", "idle"];

/** How many steps of the Tab key are looked at on each page. */
const STEPS = 40;

/** A name that fits nowhere. */
const LONG = "Vereinigte Nordwestdeutsche Landesschulverwaltung, Außenstelle Wilhelmshaven-Rüstersiel";
const LONG_SLUG = "vereinigte-nordwestdeutsche-landesschulverwaltung";

/** The walks; `shots` is the folder for a picture of every page, if they are wanted. */
export const walks = ({ program, shots, picture }) =>
  ["light", "dark"].map((theme) => ({
    name: `every page, ${theme}`,
    run: (chromium) => new Walk({ program, shots, picture, theme, chromium }).run(),
  }));

class Walk {
  #options;
  #product;
  #troubles = [];
  #places = {};
  #cookies = [];
  #known = new Set();

  constructor(options) {
    this.#options = options;
  }

  async run() {
    const { program } = this.#options;
    this.#product = await Product.begin(program);
    try {
      const become = { new: () => this.#begin(), empty: () => this.#enter(), full: () => this.#fill(), idle: () => this.#idle() };
      for (const state of STATES) {
        await become[state]();
        for (const width of this.#widths()) await this.#visit_all(state, width);
      }
      return this.#troubles;
    } catch (error) {
      error.troubles = this.#troubles;
      throw error;
    } finally {
      await this.#product.end();
    }
  }

  #widths() {
    return this.#options.shots ? [1440, 768, 390] : [1440, 390];
  }

  async #visit_all(state, width) {
    const here = Object.values(PAGES).flat().filter((visit) => (visit.when ?? "full") === state);
    for (const who of ["nobody", "owner"]) {
      const visits = here.filter((visit) => (visit.as ?? "owner") === who && this.#fits(visit, width));
      if (visits.length === 0) continue;
      const visitor = await this.#come(width, who);
      try {
        for (const visit of visits) await this.#visit(visitor, visit);
      } finally {
        this.#troubles.push(...visitor.troubles);
        await visitor.close();
      }
    }
  }

  /** What is opened by a button that only narrow pages have is visited on those alone. */
  #fits(visit, width) {
    return !visit.narrow || width < 760;
  }

  /** Whether this is the first visit to its page: what all states of a page share is looked at once. */
  #is_first({ name }, width) {
    const [path] = Object.entries(PAGES).find(([, visits]) => visits.some((one) => one.name === name));
    const place = `${path} ${width}`;
    const first = !this.#known.has(place);
    this.#known.add(place);
    return first;
  }

  async #come(width, who) {
    const { theme, chromium } = this.#options;
    // The browser prefers the other theme, so what is seen is what the cookie asked for.
    const look = { theme: theme === "light" ? "dark" : "light", width, scripts: true };
    const chosen = { name: "theme", value: theme, url: this.#product.address };
    return Visitor.open(chromium, this.#product.address, look, [chosen, ...(who === "owner" ? this.#cookies : [])]);
  }

  async #visit(visitor, visit) {
    const { theme, shots, picture } = this.#options;
    const { width } = visitor.look;
    const name = `${visit.name}, ${width} px`;
    const path = visit.go.replaceAll(/\{(\w+)\}/g, (_, place) => this.#places[place]);
    const before = visitor.troubles.length;
    try {
      await visitor.go(path, { status: visit.status });
      const at = new URL(visitor.page.url()).pathname;
      const wanted = visit.lands ?? new URL(path, this.#product.address).pathname;
      visitor.must(at === wanted, `${path} led to ${at}, not to ${wanted}`);
      visitor.must((await visitor.page.locator("html").getAttribute("data-theme")) === theme, "the theme is not the chosen one");
      if (visit.click) await visitor.page.locator(visit.click).first().click();
      if (visit.press) await visitor.page.keyboard.press(visit.press);
      // What was opened over a page is judged as it stands; walking on by Tab would close it.
      const opened = visit.click || visit.press;
      const first = shots || this.#is_first(visit, width);
      await visitor.look_at(name, { steps: first && !opened && theme === "light" ? STEPS : 0 });
      if (first && !opened && (width === 390) === (theme === "light")) await visitor.look_into_menus(name);
      if (shots) await this.#shoot(visitor, visit, join(shots, `${theme}-${width}`));
    } catch (error) {
      if (!(error instanceof Broken) && error.name !== "TimeoutError") throw error;
      visitor.note(name, [{ rule: "visit", what: error.message.split("\n")[0] }]);
    }
    if (visitor.troubles.length > before) await visitor.picture(picture(`${name}-${theme}`));
  }

  async #shoot(visitor, visit, folder) {
    mkdirSync(folder, { recursive: true });
    await visitor.page.evaluate(() => {
      document.activeElement?.blur?.();
      scrollTo(0, 0);
    });
    await visitor.picture(join(folder, `${visit.name.replaceAll(/[^a-z0-9]+/gi, "-")}.png`));
  }

  /** Nobody has an account. */
  #begin() {
    const link = new URL(this.#product.firstStart);
    this.#places.first_start = link.pathname + link.search;
  }

  /** Somebody has, and nothing else is there. */
  async #enter() {
    const visitor = await this.#come(1440, "nobody");
    await makeAccount(visitor, this.#product);
    this.#cookies = (await visitor.cookies()).filter(({ name }) => name !== "theme");
    await visitor.close();
  }

  /** Tenants of every sort, and runs that ended well and badly. */
  async #fill() {
    const product = this.#product;
    const [good, other] = product.graph.tenants;
    const simulated = ["--environment", "test", "--cloud", "simulated", "--login-url", product.graph.login_url];
    await this.#add("contoso", "Contoso Schools", good, good.client_secret, simulated);
    await this.#add("fabrikam", "Fabrikam Retail", other, "not the secret that it has", simulated);
    await this.#add(LONG_SLUG, LONG, other, "never asked for", ["--environment", "production", "--cloud", "global"]);
    await product.call("tenants", "disconnect", LONG_SLUG);
    await product.call("start", "inventory.sync", "--tenant", "contoso", "--wait");
    const failed = await product.call("start", "policy.sync", "--tenant", "fabrikam", "--wait");
    const visitor = await this.#come(1440, "owner");
    await visitor.go("/w/default/t/contoso/policies");
    await visitor.page.getByRole("button", { name: "Sync policies" }).first().click();
    await visitor.page.locator("#toasts").getByRole("link", { name: "View run" }).click();
    await visitor.page.waitForURL("**/operations/*");
    await visitor.reload_until("main .head .title", /Succeeded/);
    const succeeded = new URL(visitor.page.url()).pathname.split("/").at(-1);
    await this.#invite(visitor);
    await visitor.close();
    const { policies } = await product.call("policies", "list", "--tenant", "contoso");
    const policy = policies.find(({ type }) => /ConfigurationPolicy$/.test(type)) ?? policies[0];
    Object.assign(this.#places, { long: LONG_SLUG, succeeded, failed: run_of(failed), policy: policy.id });
  }

  /** Somebody else of the workspace, somebody who is asked to come, and a program. */
  async #invite(visitor) {
    const product = this.#product;
    const password = product.file("password", "another lantern over the harbour");
    await product.call("users", "create", "rita@northwind.example", "--name", "Rita Reader", "--password-file", password);
    await product.call("members", "add", "rita@northwind.example", "--role", "readonly", "--tenant", "contoso");
    await product.call("tokens", "create", "--user", PERSON.email, "--name", "nightly", "--expires", "30d", "--rights", "see");
    const who = ["sam@northwind.example", "--role", "operator", "--address", product.address];
    const link = new URL((await product.call("invitations", "create", ...who)).link);
    await visitor.go("/w/default/settings/members");
    const member = visitor.page.locator("main").getByRole("link", { name: /Rita Reader/ }).first();
    Object.assign(this.#places, { invitation: link.pathname + link.search, member: await member.getAttribute("href") });
  }

  /** Nobody works, so what is started waits. */
  async #idle() {
    const product = this.#product;
    await product.rest();
    await product.serve("--role", "web");
    const queued = run_of(await product.call("start", "policy.sync", "--tenant", "contoso"));
    const cancelled = run_of(await product.call("start", "inventory.sync", "--tenant", "contoso"));
    await product.call("runs", "cancel", cancelled);
    Object.assign(this.#places, { queued, cancelled });
  }

  async #add(slug, name, tenant, secret, more) {
    const file = this.#product.file("secret", secret);
    const ids = ["--tenant-id", tenant.tenant_id, "--client-id", tenant.client_id];
    await this.#product.call("tenants", "add", "--slug", slug, "--name", name, ...ids, ...more, "--secret-file", file);
  }
}

/** The id of the run in the answer to a start, with waiting or without. */
const run_of = (answer) => (answer.run ?? answer).id;

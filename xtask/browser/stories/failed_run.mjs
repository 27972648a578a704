// A failed run, found by somebody who did not wait for it, understood, and run again.

import { connectTenant, makeAccount, RUN_STATE } from "../visitor.mjs";

/** What this story is called. */
export const name = "a failed run found and understood";

/** The installation that it needs. */
export const installation = { policies: 24 };

export const walk = async (visitor, product) => {
  const { page } = visitor;
  await makeAccount(visitor, product);
  await connectTenant(visitor, product, { slug: "wingtip", name: "Wingtip Toys", secret: "not the secret that it has" });
  await visitor.reload_until(RUN_STATE, /Failed/);
  await visitor.navigate("Policies");
  await page.getByRole("button", { name: "Sync policies" }).first().click();
  if (visitor.look.scripts) await page.locator("#toasts").getByRole("link", { name: "View run" }).click();
  await page.getByRole("heading", { level: 1, name: "Policy sync" }).waitFor();
  await visitor.reload_until(RUN_STATE, /Failed/);

  // Somebody comes later, from the front page.
  await visitor.go("/");
  await visitor.navigate("Operations");
  await visitor.look_at("operations with failed runs", { steps: 30 });
  await page.getByRole("navigation", { name: "Filter by state" }).getByRole("link", { name: /^Failed/ }).click();
  await page.waitForURL("**/operations?*state=failed*");
  visitor.must((await rows(visitor).count()) === 2, "the two failed runs are not what the filter shows");
  await visitor.look_at("operations, Failed alone");
  await rows(visitor).filter({ hasText: "Policy sync" }).getByRole("link").first().click();
  await page.getByRole("heading", { level: 1, name: "Policy sync" }).waitFor();

  const failures = page.locator("#failures");
  const code = (await failures.locator(".code").first().innerText()).trim();
  visitor.must(/^[a-z_]+(\.[a-z_]+)+$/.test(code), `${code} is no code`);
  const why = (await failures.locator(".why").first().innerText()).trim();
  visitor.must(why.split(" ").length > 3, `"${why}" explains nothing`);
  const advice = (await failures.locator(".advice").first().innerText()).trim();
  visitor.must(advice.split(" ").length > 3, `"${advice}" is no advice`);
  visitor.must(!(await page.content()).includes("not the secret that it has"), "the page holds the secret");
  await visitor.look_at("a run that failed", { steps: 30 });

  await failures.getByRole("link", { name: /Other runs with this code/i }).click();
  await page.waitForURL(`**/operations?*code=${code}*`);
  visitor.must((await rows(visitor).count()) === 2, "the runs with this code are not the two that failed by it");
  await visitor.look_at("runs with one code");
  await rows(visitor).filter({ hasText: "Policy sync" }).getByRole("link").first().click();
  await page.getByRole("heading", { level: 1, name: "Policy sync" }).waitFor();

  const first = new URL(page.url()).pathname;
  await page.locator("main .head").getByText("Actions").click();
  await page.getByRole("button", { name: "Run again" }).click();
  await page.waitForURL((url) => url.pathname !== first);
  await page.getByRole("heading", { level: 1, name: "Policy sync" }).waitFor();
  await visitor.reload_until(RUN_STATE, /Failed/);
  await visitor.look_at("a run that repeats another");
};

/** The rows of the list. */
const rows = (visitor) => visitor.page.locator("[data-rows] tr.row");

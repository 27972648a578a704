// From the first start to the first sync that was seen to end.

import { connectTenant, makeAccount, RUN_STATE } from "../visitor.mjs";

/** What this story is called. */
export const name = "first start to first sync seen ended";

/** The installation that it needs: slow enough that a sync can be seen at work. */
export const installation = { policies: 24, latencyMs: 10 };

/** Types as the inventory names them, and the collections of the simulator that hold them. */
const TYPES = {
  "Conditional Access policies": "conditionalAccessPolicies",
  "Named locations": "namedLocations",
  "Assignment filters": "assignmentFilters",
  "Compliance policies (v1)": "deviceCompliancePolicies",
};

export const walk = async (visitor, product) => {
  const { page } = visitor;
  await makeAccount(visitor, product);
  await visitor.look_at("operations before the first run", { steps: 25 });
  await visitor.navigate("Tenants");
  await visitor.look_at("tenants before the first");

  await connectTenant(visitor, product, { slug: "contoso", name: "Contoso Schools" });
  visitor.must(/queued/i.test(await visitor.text("main")), "the check is not said to be queued");
  await visitor.reload_until(RUN_STATE, /Succeeded/);
  await visitor.navigate("Tenants");
  await page.getByText("Connected", { exact: true }).first().waitFor();
  await visitor.look_at("tenants with one that is connected", { steps: 20 });

  await visitor.navigate("Policies");
  await visitor.look_at("policies before the first sync");
  await page.getByRole("button", { name: "Sync policies" }).first().click();
  if (visitor.look.scripts) {
    // The page stays where it is and tells what became of the click.
    const toast = page.locator("#toasts");
    await toast.getByText("Policy sync queued").waitFor();
    visitor.must(/\/policies$/.test(new URL(page.url()).pathname), "the page was left although scripts run");
    await visitor.look_at("policies with the answer to a start");
    await toast.getByRole("link", { name: "View run" }).click();
  } else {
    await page.getByText("Queued. You will be notified when it ends.").waitFor();
  }
  await page.getByRole("heading", { level: 1, name: "Policy sync" }).waitFor();
  await visitor.look_at("a run at work");
  const states = await visitor.reload_until(RUN_STATE, /Succeeded|Partial|Failed/);
  visitor.must(/Succeeded/.test(states.at(-1)), `the sync ended otherwise: ${states.join(" | ")}`);
  await visitor.look_at("a run that succeeded", { steps: 30 });
  const total = counted(await visitor.text("#result"), "Total");
  const created = counted(await visitor.text("#result"), "Created");
  visitor.must(total > 0 && total === created, `${total} in total and ${created} created`);

  await visitor.navigate("Inventory");
  await visitor.look_at("inventory after the first sync", { steps: 30 });
  await page.getByText("Show every type").click();
  await visitor.look_at("inventory with every type");
  const shown = await coverage(visitor);
  const held = product.graph.tenants[0].counts;
  for (const [title, collection] of Object.entries(TYPES)) {
    visitor.must(shown.get(title) === held[collection], `${title}: ${shown.get(title)} shown, ${held[collection]} in the tenant`);
  }
  const sum = [...shown.values()].reduce((sum, one) => sum + one, 0);
  visitor.must(sum === total, `the inventory holds ${sum} objects, the run counted ${total}`);

  await page.getByRole("link", { name: /^Notifications/ }).click();
  await page.getByRole("heading", { level: 1, name: "Notifications" }).waitFor();
  const ended = page.getByRole("listitem").filter({ hasText: /Policy sync ended, Succeeded/ });
  visitor.must((await ended.count()) === 1, "the notice that the sync ended is not there once");
  visitor.must((await page.getByRole("listitem").filter({ hasText: "Policy sync queued" }).count()) === 1,
    "the notice that the sync was queued is not there once");
  await visitor.look_at("notifications, unread");
  await page.getByRole("button", { name: "Mark all read" }).click();
  await page.getByText("All read.").waitFor();
  visitor.must((await page.getByRole("link", { name: "Notifications", exact: true }).count()) === 1, "the bell still counts");
  await visitor.look_at("notifications, read");
};

/** Reads a number by its name. */
const counted = (text, name) => {
  const found = new RegExp(`${name} ([\\d,]+)`).exec(text);
  return found ? Number(found[1].replaceAll(",", "")) : NaN;
};

/** Reads how many objects of each type the inventory shows. */
const coverage = async (visitor) => {
  const lines = await visitor.page.getByRole("region", { name: "Coverage by type" }).locator("tbody tr").all();
  const read = lines.map(async (line) => {
    const [title, , objects] = await line.locator("th, td").allInnerTexts();
    return [title.trim(), Number(objects.replaceAll(",", ""))];
  });
  return new Map(await Promise.all(read));
};

// What is asked of every page that is open: each check gives the troubles it finds, none when all is well.

import { axeSource } from "./tools.mjs";

/** WCAG 2.2 AA, and what axe-core counts as good practice beside it. */
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** The most elements that are named for one rule; one shows what is wrong, thirty hide it. */
const NAMED = 3;

/** Runs axe-core over the page, or over what a selector finds. */
export const accessible = async (page, within = null) => {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axeSource());
  const violations = await page.evaluate(
    async ([values, within]) => {
      const options = {
        runOnly: { type: "tag", values },
        rules: { "target-size": { enabled: true } },
        resultTypes: ["violations"],
      };
      const context = within ? { include: [within] } : document;
      const { violations } = await window.axe.run(context, options);
      return violations.map((one) => ({
        id: one.id,
        help: one.help,
        nodes: one.nodes.map((node) => ({ at: node.target.join(" "), why: node.failureSummary })),
      }));
    },
    [RULES, within],
  );
  return violations.map(({ id, help, nodes }) => ({
    rule: `axe ${id}`,
    what: [`${help}, ${nodes.length} times`, ...nodes.slice(0, NAMED).map((node) => `${node.at}: ${last(node.why)}`)].join("\n      "),
  }));
};

const last = (text) => text.split("\n").at(-1).trim();

/** Looks whether the page can be pushed sideways, and names what sticks out. */
export const withinWidth = async (page) => {
  const found = await page.evaluate((named) => {
    const root = document.documentElement;
    const wide = Math.max(root.scrollWidth, document.body.scrollWidth);
    if (wide <= root.clientWidth) return null;
    const scrolls = (element) => {
      for (let at = element.parentElement; at && at !== document.body; at = at.parentElement) {
        if (getComputedStyle(at).overflowX !== "visible") return true;
      }
      return false;
    };
    const out = [...document.body.querySelectorAll("*")].filter(
      (element) => element.getBoundingClientRect().right > root.clientWidth + 0.5 && !scrolls(element),
    );
    const name = (element) => {
      const words = [...element.classList].map((word) => `.${word}`).join("");
      return `${element.localName}${element.id && `#${element.id}`}${words} to ${Math.ceil(element.getBoundingClientRect().right)} px`;
    };
    return `${wide} px wide in ${root.clientWidth} px: ${out.slice(-named).map(name).join(", ")}`;
  }, NAMED);
  return found ? [{ rule: "sideways overflow", what: found }] : [];
};

/** Looks whether the page says what it is, in the tab and on itself. */
export const named = async (page) => {
  const title = await page.title();
  const headings = await page.locator("h1").count();
  const troubles = [];
  if (!/^\S.*, TenantAtlas$/.test(title)) troubles.push({ rule: "title", what: `"${title}" says nothing` });
  if (headings !== 1) troubles.push({ rule: "heading", what: `${headings} headings of the first level` });
  return troubles;
};

/**
 * Walks the page by the Tab key for some steps: what has the focus must show it and must not lie under
 * something else (WCAG 2.4.7, 2.4.11).
 */
export const focusSeen = async (page, steps) => {
  await page.evaluate(() => {
    document.activeElement?.blur?.();
    scrollTo(0, 0);
  });
  const troubles = [];
  for (let step = 0; step < steps; step += 1) {
    await page.keyboard.press("Tab");
    let found = await page.evaluate(focused);
    // What scrolls into view may take a moment to arrive there.
    for (let wait = 0; wait < 10 && !found.end && !found.clear; wait += 1) {
      await page.waitForTimeout(50);
      found = await page.evaluate(focused);
    }
    if (found.end) break;
    if (!found.seen) troubles.push({ rule: "focus not seen", what: found.name });
    if (!found.clear) troubles.push({ rule: "focus covered", what: `${found.name} at ${found.box}` });
  }
  return troubles;
};

/** Runs in the page: what has the focus, and how it is seen. */
const focused = () => {
  const has = document.activeElement;
  if (!has || has === document.body) return { end: true };
  const ringed = (element, pseudo) => {
    const style = getComputedStyle(element, pseudo);
    return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1) || style.boxShadow !== "none";
  };
  // A choice shows the focus on its label, a row link on its row.
  const bearers = [has, ...(has.labels ?? []), has.closest("label, tr, summary")].filter(Boolean);
  const seen = bearers.some((one) => ringed(one) || ringed(one, "::after") || ringed(one, "::before"));
  const box = has.getBoundingClientRect();
  // Not entirely hidden is what is asked; browsers themselves leave half of a thing outside a strip that scrolls.
  const clear = [0.05, 0.5, 0.95].some((across) =>
    [0.1, 0.5, 0.9].some((down) => {
      const top = document.elementFromPoint(box.left + box.width * across, box.top + box.height * down);
      return top && (has.contains(top) || top.contains(has) || bearers.some((one) => one.contains(top)));
    }));
  const words = (has.getAttribute("aria-label") || has.textContent || has.name || "").trim();
  const name = `${has.localName} "${words.replace(/\s+/g, " ").slice(0, 40)}"`;
  return { name, seen, clear, box: [box.left, box.top].map(Math.round).join(",") };
};

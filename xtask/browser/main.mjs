// Runs what a real browser must show: the harness's own tests, the stories, and the walk over every page.

import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { Product } from "./product.mjs";
import { selfTests } from "./selftest.mjs";
import * as failedRun from "./stories/failed_run.mjs";
import * as firstSync from "./stories/first_sync.mjs";
import { browser, installedIn } from "./tools.mjs";
import { lookName, Visitor } from "./visitor.mjs";
import { walks } from "./walk.mjs";

/** How many run at once; each has a browser and a server, and the usual machine has two cores. */
const LANES = 2;

/** How long one story or walk may take before it is broken off. */
const LIMIT_MS = 300_000;

const { values: given } = parseArgs({
  options: {
    program: { type: "string" },
    chromium: { type: "string" },
    modules: { type: "string" },
    out: { type: "string" },
    postgres: { type: "string" },
    only: { type: "string" },
    full: { type: "boolean", default: false },
  },
});

installedIn(given.modules);
const failures = join(given.out, "failures");
rmSync(failures, { recursive: true, force: true });
mkdirSync(failures, { recursive: true });

/** A story in one look. */
const storyIn = (story, look, database) => ({
  name: `${story.name}: ${lookName(look)}${database ? ", PostgreSQL" : ""}`,
  run: async (chromium) => {
    const product = await Product.begin(given.program, { ...story.installation, database });
    let visitor;
    try {
      visitor = await Visitor.open(chromium, product.address, look);
      await story.walk(visitor, product);
      visitor.note("the end", []);
      return visitor.troubles;
    } catch (error) {
      error.troubles = visitor?.troubles ?? [];
      throw error;
    } finally {
      if (visitor) {
        await visitor.picture(picture(`${story.name}-${lookName(look)}`)).catch(() => {});
        await visitor.close();
      }
      await product.end();
    }
  },
});

const picture = (name) => join(failures, `${name.replaceAll(/[^a-z0-9]+/gi, "-")}.png`);

const tasks = [...selfTests()];
for (const story of [firstSync, failedRun]) {
  for (const scripts of [true, false]) {
    for (const theme of ["light", "dark"]) {
      for (const width of [1440, 390]) tasks.push(storyIn(story, { theme, width, scripts }, null));
    }
  }
}
if (given.postgres) tasks.push(storyIn(firstSync, { theme: "dark", width: 1440, scripts: true }, given.postgres));
tasks.push(...walks({ program: given.program, shots: given.full ? join(given.out, "shots") : null, picture }));

const wanted = tasks.filter(({ name }) => !given.only || name.includes(given.only));
let [passed, failed] = [0, 0];

const done = (task, began, troubles, error) => {
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  if (!error && troubles.length === 0) {
    passed += 1;
    console.log(`ok      ${task.name} (${seconds} s)`);
    return;
  }
  failed += 1;
  const lines = [`FAILED  ${task.name} (${seconds} s)`];
  if (error) lines.push(`    ${error.message.split("\n").slice(0, 12).join("\n    ")}`);
  // One mistake in what all pages share is one mistake; the pages it was seen on are counted.
  const seen = new Map();
  for (const trouble of troubles) {
    const key = `${trouble.rule}: ${trouble.what}`;
    seen.set(key, [...(seen.get(key) ?? []), `${trouble.name} (${trouble.at})`]);
  }
  for (const [key, [first, ...others]] of seen) {
    lines.push(`    ${first}${others.length > 0 ? ` and ${others.length} more` : ""}: ${key}`);
  }
  console.log(lines.join("\n"));
};

const limited = (work) => {
  let late;
  const limit = new Promise((_, reject) => {
    late = setTimeout(() => reject(new Error(`it was not done after ${LIMIT_MS / 1000} s`)), LIMIT_MS);
  });
  return Promise.race([work, limit]).finally(() => clearTimeout(late));
};

const lane = async () => {
  const chromium = await browser(given.chromium);
  for (let task = wanted.shift(); task; task = wanted.shift()) {
    const began = Date.now();
    try {
      done(task, began, await limited(task.run(chromium)));
    } catch (error) {
      done(task, began, error.troubles ?? [], error);
    }
  }
  await chromium.close();
};

const began = Date.now();
await Promise.all(Array.from({ length: LANES }, lane));
console.log(`the browser has looked (${((Date.now() - began) / 1000).toFixed(1)} s)`);
console.log(`test result: ${failed === 0 ? "ok" : "FAILED"}. ${passed} passed; ${failed} failed; 0 ignored`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;

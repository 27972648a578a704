// The two libraries that the harness stands on. They are installed below target/, so they are looked up there.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

let require;
let axe;

/** Says where the libraries are installed. */
export const installedIn = (folder) => {
  require = createRequire(join(folder, "package.json"));
  axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
};

/** The script that is run inside a page to judge it. */
export const axeSource = () => axe;

/** Flags for a browser that says nothing to anybody but the server under test. */
const FLAGS = [
  "--no-first-run",
  "--no-default-browser-check",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-default-apps",
  "--disable-extensions",
  "--disable-sync",
  "--disable-features=OptimizationHints,MediaRouter,Translate,AutofillServerCommunication",
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];

/** Starts a browser. */
export const browser = (executable) =>
  require("playwright-core").chromium.launch({ executablePath: executable, headless: true, args: FLAGS });

// The harness's own tests: each plants one mistake in a tiny page, and the harness must find that one and no other.

import { createServer } from "node:http";

import { Visitor } from "./visitor.mjs";

/** A page without a mistake; the tests change one thing in it. */
const page = ({ head = "", main = "<p>Nothing is wrong here.</p>", title = "Sound, TenantAtlas" } = {}) =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title}</title><link rel="icon" href="data:,">${head}</head>
<body><main><h1>Sound</h1>${main}</main></body></html>`;

const SCRIPTED = { theme: "light", width: 390, scripts: true };
const BARE = { ...SCRIPTED, scripts: false };
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:";

/** What is planted, how it is looked at, and the rule that has to find it; none for pages that are sound. */
const PLANTED = [
  ["a sound page has no trouble", { html: page() }, SCRIPTED, null],
  ["a sound page has no trouble without scripts", { html: page() }, BARE, null],
  ["text that is too pale is found", { html: page({ head: "<style>p{color:#bbb}</style>" }) }, SCRIPTED, /^axe color-contrast$/],
  ["a field without a label is found", { html: page({ main: "<input>" }) }, SCRIPTED, /^axe label$/],
  ["a target that is too small is found",
    { html: page({ head: "<style>a{display:inline-block;width:9px;height:9px;overflow:hidden}</style>", main: "<a href=#a>a</a><a href=#b>b</a>" }) },
    SCRIPTED, /^axe target-size$/],
  ["a page that is too wide is found", { html: page({ main: "<pre>" + "wide ".repeat(99) + "</pre>" }) }, BARE, /^sideways overflow( at 320 px)?$/],
  ["a page that is too wide for 320 px alone is found",
    { html: page({ head: "<style>body{margin:0}div{width:360px}</style>", main: "<div>wide</div>" }) }, BARE, /^sideways overflow at 320 px$/],
  ["a wide part that scrolls by itself is no trouble",
    { html: page({ head: "<style>div{overflow-x:auto}</style>", main: "<div tabindex=0>" + "<pre>" + "wide ".repeat(99) + "</pre></div>" }) }, SCRIPTED, null],
  ["an error in the console is found", { html: page({ head: "<script>console.error('planted')</script>" }) }, SCRIPTED, /^console error$/],
  ["a warning in the console is found", { html: page({ head: "<script>console.warn('planted')</script>" }) }, SCRIPTED, /^console warning$/],
  ["a script that breaks is found", { html: page({ head: "<script>throw new Error('planted')</script>" }) }, SCRIPTED, /^page error$/],
  ["a broken security policy is found", { html: page({ main: "<p style='color:red'>styled</p>" }), policy: POLICY }, SCRIPTED, /^security policy$/],
  ["a broken security policy is found without scripts", { html: page({ main: "<p style='color:red'>styled</p>" }), policy: POLICY }, BARE, /^security policy$/],
  ["a request to somebody else is found", { html: page({ main: "<img alt='' src='{elsewhere}/image.png'>" }) }, SCRIPTED, /^foreign request$/],
  ["a request to somebody else is found without scripts", { html: page({ main: "<img alt='' src='{elsewhere}/image.png'>" }) }, BARE, /^foreign request$/],
  ["a missing file is found", { html: page({ head: "<link rel=stylesheet href=/missing.css>" }) }, SCRIPTED, /^(answer|console error)$/],
  ["a page without a title of its own is found", { html: page({ title: "TenantAtlas" }) }, BARE, /^title$/],
  ["a second heading of the first level is found", { html: page({ main: "<h1>Twice</h1>" }) }, BARE, /^heading$/],
  ["a focus that does not show is found", { html: page({ head: "<style>a{outline:none}</style>", main: "<a href=#x>somewhere</a>" }) }, BARE, /^focus not seen$/],
  ["a focus that is covered is found",
    { html: page({ head: "<style>b{position:fixed;inset:0;background:#fff}</style>", main: "<a href=#x>somewhere</a><b>over all</b>" }) }, BARE, /^focus covered$/],
];

/** Serves one page, and a picture to whoever asks, on a port of this machine. */
const serving = (html, policy) =>
  new Promise((ready) => {
    const server = createServer((request, response) => {
      if (request.url === "/") {
        response.writeHead(200, { "content-type": "text/html; charset=utf-8", ...(policy && { "content-security-policy": policy }) });
        response.end(html);
      } else if (request.url === "/image.png") {
        response.writeHead(200, { "content-type": "image/png" });
        response.end(Buffer.from(PIXEL, "base64"));
      } else {
        response.writeHead(404);
        response.end();
      }
    });
    server.listen(0, "127.0.0.1", () => ready({ origin: `http://127.0.0.1:${server.address().port}`, end: () => server.close() }));
  });

const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=";

/** What the harness finds when it looks at a planted page. */
const foundIn = async (chromium, { html, policy }, look) => {
  const elsewhere = await serving("", null);
  const server = await serving(html.replaceAll("{elsewhere}", elsewhere.origin), policy);
  const visitor = await Visitor.open(chromium, server.origin, look);
  try {
    await visitor.go("/");
    await visitor.look_at("planted", { steps: 3 });
    return visitor.troubles;
  } finally {
    await visitor.close();
    server.end();
    elsewhere.end();
  }
};

/** All of them as one task: they are quick, and say together whether the harness can be believed. */
export const selfTests = () =>
  PLANTED.map(([name, planted, look, rule]) => ({
    name: `the harness: ${name}`,
    run: async (chromium) => {
      const found = await foundIn(chromium, planted, look);
      const wrong = found.filter((one) => !rule?.test(one.rule));
      if (rule && found.length === wrong.length) throw Object.assign(new Error(`${rule} did not find it`), { troubles: found });
      return wrong;
    },
  }));

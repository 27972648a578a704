// What may never happen while a page is open, whoever opens it: listened for from the first byte on.

/** Runs in every page before its own scripts; a broken security policy becomes an error in the console. */
const tellViolations = () => {
  addEventListener("securitypolicyviolation", (event) => {
    console.error(`security policy: ${event.effectiveDirective} refused ${event.blockedURI || "inline"}`);
  });
};

/** Listens to one page for as long as it lives. */
export class Guard {
  #troubles = [];
  #expected = new Set();
  #origin;

  /** Begins to listen; `origin` is the only one that the page may talk to. */
  static async on(page, origin) {
    const guard = new Guard();
    guard.#origin = origin;
    await page.addInitScript(tellViolations);
    page.on("console", (message) => guard.#heard(message));
    page.on("pageerror", (error) => guard.#note("page error", String(error), page.url()));
    page.on("request", (request) => guard.#requested(request, page));
    page.on("requestfailed", (request) => guard.#failed(request, page));
    page.on("response", (response) => guard.#answered(response, page));
    return guard;
  }

  /** Lets one address answer with a status that is an error everywhere else. */
  expect(status, url) {
    this.#expected.add(`${status} ${url}`);
  }

  /** Gives what was heard since it was last asked, and forgets it. */
  take() {
    const taken = this.#troubles;
    this.#troubles = [];
    return taken;
  }

  #note(rule, what, page) {
    this.#troubles.push({ rule, what, page });
  }

  #heard(message) {
    if (!["error", "warning", "assert"].includes(message.type())) return;
    const { url } = message.location();
    const status = /status of (\d+)/.exec(message.text())?.[1];
    if (status && this.#expected.has(`${status} ${url}`)) return;
    const policy = /Content Security Policy|security policy:/i.test(message.text());
    this.#note(policy ? "security policy" : `console ${message.type()}`, message.text(), url);
  }

  #requested(request, page) {
    const url = new URL(request.url());
    if (url.origin !== this.#origin && !["data:", "blob:", "about:"].includes(url.protocol)) {
      this.#note("foreign request", request.url(), page.url());
    }
  }

  #failed(request, page) {
    const why = request.failure()?.errorText ?? "";
    // Somebody who goes on before a page is there breaks its requests off.
    if (why !== "net::ERR_ABORTED") this.#note("failed request", `${request.url()} ${why}`, page.url());
  }

  #answered(response, page) {
    const status = response.status();
    if (status >= 400 && !this.#expected.has(`${status} ${response.url()}`)) {
      this.#note("answer", `${status} for ${response.url()}`, page.url());
    }
  }
}

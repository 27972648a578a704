// The program itself: a server on a data directory of its own, and a simulated Microsoft Graph for it to read.

import { execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/** How long a process may take to begin or to answer; the machine may be busy with other things. */
const PATIENCE_MS = 60_000;

/** Starts a program that prints one JSON value when it is ready, and gives that value with what stops it. */
const started = (program, args, env) =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    let [out, complaints] = ["", ""];
    const give = (why) => {
      child.kill("SIGKILL");
      reject(new Error(`failed to start ${args[0]}: ${why}\n${out}${complaints}`));
    };
    const late = setTimeout(() => give("it did not become ready"), PATIENCE_MS);
    const ended = new Promise((over) => child.once("exit", over));
    const early = (code) => give(`it ended with ${code}`);
    child.once("error", (error) => give(error.message));
    child.once("exit", early);
    child.stderr.on("data", (data) => (complaints += data));
    child.stdout.on("data", (data) => {
      out += data;
      if (!/^\}$/m.test(out)) return;
      clearTimeout(late);
      child.off("exit", early);
      child.stdout.removeAllListeners("data");
      child.stdout.resume();
      resolve({
        told: JSON.parse(out),
        stop: async () => {
          child.kill("SIGTERM");
          await ended;
        },
      });
    });
  });

/** Nothing of the caller's own settings may reach the program. */
const clean = () => Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("TENANTATLAS_")));

/** An installation that nobody has used yet, and the Microsoft Graph beside it. */
export class Product {
  #program;
  #folder;
  #env;
  #server;
  #simulator;

  /** Makes the installation and starts both; `database` is where it keeps its data, if not in a file. */
  static async begin(program, { database = null, policies = 24, latencyMs = 0 } = {}) {
    const product = new Product();
    product.#program = program;
    product.#folder = mkdtempSync(join(tmpdir(), "tenantatlas-browser-"));
    product.#env = { ...clean(), TENANTATLAS_DATA_DIR: join(product.#folder, "data"), TENANTATLAS_LOG: "error" };
    if (database) product.#env.TENANTATLAS_DATABASE = database;
    try {
      const simulate = ["simulate", "--port", "0", "--policies", String(policies), "--latency-ms", String(latencyMs), "--json"];
      product.#simulator = await started(program, simulate, product.#env);
      await product.call("migrate");
      await product.serve();
    } catch (error) {
      await product.end();
      throw error;
    }
    return product;
  }

  /** Starts the server, on a port of its own. */
  async serve(...options) {
    const worker = options.includes("web") ? [] : ["--conditional-access-ms", "0", "--poll-ms", "100"];
    const args = ["serve", "--listen", "127.0.0.1:0", ...worker, ...options, "--json"];
    this.#server = await started(this.#program, args, this.#env);
  }

  /** Stops the server and leaves the rest. */
  async rest() {
    await this.#server.stop();
    this.#server = null;
  }

  /** Calls the command line beside the server and gives its answer, also where a run that it waited for has failed. */
  async call(...args) {
    const options = { env: this.#env, timeout: PATIENCE_MS, maxBuffer: 16 << 20 };
    const answer = await promisify(execFile)(this.#program, [...args, "--json"], options).catch((error) => error);
    if (!answer.stdout) throw new Error(`failed to call ${args[0]}: ${answer.stderr || answer.message}`);
    return JSON.parse(answer.stdout);
  }

  /** Writes a file that a command reads, and gives its path. */
  file(name, text) {
    const path = join(this.#folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  }

  /** Where the server answers. */
  get address() {
    return this.#server.told.address;
  }

  /** The link with which the first account is made. */
  get firstStart() {
    return this.#server.told.first_start;
  }

  /** Where the simulator answers, and its tenants with their secrets. */
  get graph() {
    return this.#simulator.told;
  }

  /** Stops everything and removes the data. */
  async end() {
    await Promise.all([this.#server?.stop(), this.#simulator?.stop()]);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

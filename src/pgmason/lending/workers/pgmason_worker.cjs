// A database of its own for each worker of Jest, Vitest, Mocha or node --test: fetched at the desk of `pgmason scratch`.
//
// Loaded by NODE_OPTIONS=--require into every Node process below the command; outside of a worker, and without a desk,
// it does nothing. Synchronous, because the product's modules may read DATABASE_URL as soon as they are loaded.
"use strict";
const fs = require("fs");
const path = require("path");

const { isMainThread } = require("worker_threads");

const PATIENCE_MS = 60_000;
const RUNNERS = ["JEST_WORKER_ID", "VITEST_POOL_ID", "MOCHA_WORKER_ID", "NODE_TEST_WORKER_ID"];

/** Writes a line to the desk; throws where the desk has closed. */
function say(desk, line) {
  let pipe;
  try {
    pipe = fs.openSync(path.join(desk, "ask"), fs.constants.O_WRONLY | fs.constants.O_NONBLOCK);
  } catch {
    throw new Error("pgmason scratch, which lent the database, has ended");
  }
  try {
    fs.writeSync(pipe, line + "\n");
  } finally {
    fs.closeSync(pipe);
  }
}

/** The variables for the worker of that name; throws where the desk gives none. */
function fetch(desk, name) {
  say(desk, name);
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (const until = Date.now() + PATIENCE_MS; Date.now() < until; ) {
    if (fs.existsSync(path.join(desk, name + ".json"))) {
      return JSON.parse(fs.readFileSync(path.join(desk, name + ".json"), "utf8"));
    }
    if (fs.existsSync(path.join(desk, name + ".failed"))) {
      const why = fs.readFileSync(path.join(desk, name + ".failed"), "utf8");
      throw new Error("pgmason scratch lent no database: " + why);
    }
    Atomics.wait(pause, 0, 0, 2);
  }
  throw new Error(`pgmason scratch did not answer within ${PATIENCE_MS / 1000} s`);
}

/** What the worker that this process or thread is goes by; undefined where it is none. */
function workerName() {
  const runner = RUNNERS.find((name) => process.env[name]);
  if (runner) return runner.split("_")[0].toLowerCase() + process.env[runner];
  // before it numbered them, node --test ran each file in a process of its own, and said no more than that
  return process.env.NODE_TEST_CONTEXT && isMainThread ? `node-${process.pid}` : undefined;
}

/** Sets the worker's own variables, once for each worker. */
function take() {
  const desk = process.env.PGMASON_SCRATCH_DESK;
  const worker = desk && workerName();
  if (!worker || process.env.PGMASON_SCRATCH_WORKER === worker) return;
  Object.assign(process.env, fetch(desk, worker));
  process.env.PGMASON_SCRATCH_WORKER = worker;
  if (worker.startsWith("node-")) {
    process.once("exit", () => {
      try {
        say(desk, "-" + worker); // nobody else comes under this name
      } catch {
        // the desk has closed before us
      }
    });
  }
}

// Vitest, and Jest where its workers are threads, tell a worker its number only once it runs: then, and before any test
// is loaded, it is heard.
if (process.env.PGMASON_SCRATCH_DESK && !workerName() && (process.env.VITEST || !isMainThread)) {
  process.env = new Proxy(process.env, {
    set(variables, name, value) {
      variables[name] = value;
      if (RUNNERS.includes(name)) take();
      return true;
    },
  });
}
take();
module.exports = { take };

// A database of its own for each worker of Jest, Vitest, Mocha or node --test: fetched at the desk of `pgmason scratch`.
//
// Loaded by NODE_OPTIONS=--require into every Node process below the command; outside of a worker, and without a desk,
// it does nothing. Synchronous, because the product's modules may read DATABASE_URL as soon as they are loaded.
"use strict";
const fs = require("fs");
const path = require("path");

const PATIENCE_MS = 60_000;
const RUNNERS = ["JEST_WORKER_ID", "VITEST_POOL_ID", "MOCHA_WORKER_ID", "NODE_TEST_WORKER_ID"];

/** The variables for the worker of that name; throws where the desk gives none. */
function fetch(desk, name) {
  let pipe;
  try {
    pipe = fs.openSync(path.join(desk, "ask"), fs.constants.O_WRONLY | fs.constants.O_NONBLOCK);
  } catch {
    throw new Error("pgmason scratch, which lent the database, has ended");
  }
  try {
    fs.writeSync(pipe, name + "\n");
  } finally {
    fs.closeSync(pipe);
  }
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

/** Sets the worker's own variables, once for each worker. */
function take() {
  const desk = process.env.PGMASON_SCRATCH_DESK;
  const runner = RUNNERS.find((name) => process.env[name]);
  if (!desk || !runner) return;
  const worker = runner.split("_")[0].toLowerCase() + process.env[runner];
  if (process.env.PGMASON_SCRATCH_WORKER === worker) return;
  Object.assign(process.env, fetch(desk, worker));
  process.env.PGMASON_SCRATCH_WORKER = worker;
}

take();
module.exports = { take };

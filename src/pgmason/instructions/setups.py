"""How does Jest or Vitest fetch a scratch database by itself, where nobody types `pgmason scratch`?

By a global set-up that holds `pgmason scratch` open while the tests run; the workers fetch their clones as they do
below the command. Written only when asked for: it is a file of the product's, named in the product's configuration.
"""

from __future__ import annotations

from pathlib import Path

from pgmason.instructions.written import Written, write_once
from pgmason.products.suites import Suite

__all__ = ["SETUP", "write_setup"]

SETUP = "pgmason.setup.mjs"


def write_setup(root: Path, suite: Suite) -> Written:
    """Write the set-up into the folder of a suite on Jest or Vitest. Raises WrongUse where it cannot be written."""
    folder = "" if suite.folder == "." else f"{suite.folder}/"
    return write_once(root, f"{folder}{SETUP}", _TEXT.replace("PRODUCT", suite.product))


_TEXT = """\
// Written by `pgmason init --test-setup`. It is yours to change: it is not written again.
// In the configuration of Jest or Vitest:  globalSetup: "./pgmason.setup.mjs"
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** Borrows a database for this run; each worker has a clone of its own. It goes when this process ends. */
export default async function setup() {
  if (process.env.PGMASON_SCRATCH_DESK) return; // below `pgmason scratch -- ...` there is one already
  const scratch = spawn("pgmason", ["scratch", "--format", "json", "--product", "PRODUCT"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const line = await new Promise((resolve, reject) => {
    scratch.once("error", () => reject(new Error("pgmason is not on PATH; next: pipx install pgmason")));
    scratch.once("exit", (code) => reject(new Error(`pgmason scratch ended with exit code ${code}`)));
    createInterface({ input: scratch.stdout }).once("line", resolve);
  });
  Object.assign(process.env, JSON.parse(line).environment);
  scratch.removeAllListeners("exit");
  for (const handle of [scratch, scratch.stdin, scratch.stdout]) handle.unref();
}
"""

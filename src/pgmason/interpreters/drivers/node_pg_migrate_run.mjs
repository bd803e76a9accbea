// Runs the product's node-pg-migrate on the scratch database and notes what each migration sends.
//
// The runner that the product installed is called as its own command calls it, with a client of the product's pg whose
// query() is listened to: for all migrations, for the first few of them (`until`), or back over the last (`over`). What the command is told by flags in package.json (schemas, the ledger's name) is told here.

import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const job = JSON.parse(readFileSync(process.argv[2], "utf8"));
const require = createRequire(join(process.cwd(), "package.json"));
const state = { phase: "import", planned: [], steps: [], buffer: [], listening: false, inside: false, last: null };

function answer(value) {
  writeFileSync(job.result + ".part", JSON.stringify(value));
  renameSync(job.result + ".part", job.result);
}

async function imported(name, from) {
  const module = await import(pathToFileURL(from.resolve(name)).href);
  return module;
}

// The flags of the product's own script, as far as they change what is made.
function flags() {
  const found = {};
  let scripts = {};
  try {
    scripts = JSON.parse(readFileSync(join(process.cwd(), "package.json"), "utf8")).scripts ?? {};
  } catch {
    return found;
  }
  const words = Object.values(scripts).filter((one) => one.includes("node-pg-migrate")).join(" ").split(/[\s=]+/);
  const value = (...names) => {
    const at = words.findIndex((word) => names.includes(word));
    return at >= 0 ? words[at + 1]?.replace(/^["']|["']$/g, "") : undefined;
  };
  const has = (...names) => words.some((word) => names.includes(word));
  if (value("--schema", "-s")) found.schema = value("--schema", "-s");
  if (has("--create-schema")) found.createSchema = true;
  if (value("--migrations-schema")) found.migrationsSchema = value("--migrations-schema");
  if (has("--create-migrations-schema")) found.createMigrationsSchema = true;
  if (value("--migrations-table", "-t")) found.migrationsTable = value("--migrations-table", "-t");
  if (has("--no-single-transaction")) found.singleTransaction = false;
  if (has("--no-check-order")) found.checkOrder = false;
  if (has("--decamelize")) found.decamelize = true;
  return found;
}

function listen(client, ledger) {
  const query = client.query.bind(client);
  client.query = (first, ...rest) => {
    const text = typeof first === "string" ? first : first?.text;
    if (typeof text === "string") note(text, rest[0] ?? first?.values, ledger);
    return query(first, ...rest);
  };
}

function note(text, values, ledger) {
  const word = text.trim().replace(/;$/, "").toUpperCase();
  state.last = text;
  if (word === "BEGIN") state.inside = true;
  else if (word === "COMMIT" || word === "ROLLBACK") state.inside = false;
  else if (
    (text.startsWith("INSERT INTO") && text.includes(`"${ledger}"`) && text.includes("(name, run_on)")) ||
    (job.over && text.startsWith("DELETE FROM") && text.includes(`"${ledger}"`))
  ) {
    state.steps.push({ revision: state.planned[state.steps.length], statements: state.buffer });
    state.buffer = [];
  } else if (state.listening) {
    state.buffer.push({ sql: text, alone: !state.inside, told: !values?.length });
  } else if (text.startsWith("SELECT") && text.includes(`"${ledger}"`) && text.includes("ORDER BY")) {
    state.listening = true; // what is sent from here on is sent by migrations
  }
}

const logger = {
  debug: undefined,
  info: (line) => {
    const planned = /^> - (.*)$/.exec(String(line));
    if (planned) state.planned.push(planned[1]);
  },
  warn: () => undefined,
  error: () => undefined,
};

function told(error) {
  const original = error?.cause?.code ? error.cause : error;
  const sqlstate = /^[0-9A-Z]{5}$/.test(original?.code ?? "") ? original.code : null;
  const frame = /\(?((?:file:\/\/)?\/[^()\s]+?):(\d+):\d+\)?/g;
  let place = null;
  for (const [, file, line] of String(original?.stack ?? "").matchAll(frame)) {
    if (!file.includes("node_modules") && file.includes(process.cwd())) {
      place = [file.replace("file://", ""), Number(line)];
      break;
    }
  }
  const name = state.planned[state.steps.length] ?? null;
  return {
    phase: state.phase,
    type: original?.name ?? "Error",
    message: String(original?.message ?? error),
    primary: null,
    sqlstate,
    statement: sqlstate ? state.last : null,
    file: place?.[0] ?? job.files[name] ?? null,
    line: place?.[1] ?? 1,
    code: null,
  };
}

try {
  const library = await imported("node-pg-migrate", require);
  const runner = library.runner ?? library.default?.runner ?? library.default?.default ?? library.default;
  const inner = createRequire(require.resolve("node-pg-migrate"));
  let pg;
  try {
    pg = await imported("pg", require);
  } catch {
    pg = await imported("pg", inner);
  }
  const Client = pg.Client ?? pg.default.Client;
  const said = flags();
  const ledger = said.migrationsTable ?? "pgmigrations";
  const client = new Client({ connectionString: job.url });
  await client.connect();
  listen(client, ledger);
  state.phase = "loading";
  await runner({
    dbClient: client,
    dir: job.folder,
    direction: job.over ? "down" : "up",
    count: job.over ? 1 : (job.until?.length ?? Number.POSITIVE_INFINITY),
    migrationsTable: ledger,
    ignorePattern: "(\\..*|.*\\.d\\.ts|.*\\.(test|spec)\\.[jt]s|(?!\\d).*)",
    singleTransaction: true,
    checkOrder: true,
    ...said,
    logger: { ...logger, info: (line) => { logger.info(line); if (state.planned.length) state.phase = "migration"; } },
  });
  await client.end();
  const table = `${said.migrationsSchema ?? said.schema ?? "public"}.${ledger}`;
  answer({ revisions: state.steps, imported: [], ledger: table });
} catch (error) {
  answer({ error: told(error), revision: state.planned[state.steps.length] ?? null });
}
process.exit(0);

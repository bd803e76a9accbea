// Prisma's own schema engine, asked many questions by one process: a JSON object a line on stdin, one answer a line.
//
//   {ask: "create", files}              the SQL that the engine would apply to an empty database
//   {ask: "drift", url, files}          the SQL that takes the database at url to the schema; "" where there is none
//   {ask: "lint", files}                the errors and warnings with their places (offsets in UTF-16 units)
//   {ask: "format", files}              the files as `prisma format` writes them
//   {ask: "introspect", url, files}     the files that the engine writes when it reads the database at url
// files is [[path, content], ...]. An answer is {ok: ...} or {refused: the engine's own words}.
// It runs where its packages are: judge.py lays both into a folder and starts `node judge.mjs URL` there, URL naming
// any database: the engine wants a connection even where it asks nothing of it.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { createRequire } from 'node:module';
import * as bg from '@prisma/schema-engine-wasm/schema_engine_bg';
import { PrismaPg } from '@prisma/adapter-pg';
import schemas from '@prisma/prisma-schema-wasm';
import * as dau from '@prisma/driver-adapter-utils';

const require = createRequire(import.meta.url);
const home = require.resolve('@prisma/schema-engine-wasm').replace(/schema_engine\.js$/, '');
const wasm = new WebAssembly.Module(readFileSync(home + 'schema_engine_bg.wasm'));
const bind = dau.bindMigrationAwareSqlAdapterFactory ?? dau.bindSqlAdapterFactory;
const filters = { externalTables: [], externalEnums: [] };
let panic = null;
globalThis.PRISMA_WASM_PANIC_REGISTRY = { set_message: m => { panic = m; } };

// A panic leaves an instance unusable, so that a new one is made after it.
function instantiate() {
  const instance = new WebAssembly.Instance(wasm, { './schema_engine_bg.js': bg });
  bg.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
}

// The engine of 7 refuses what 6 wrote in the datasource and generator blocks; none of it changes a table.
const kept = ['views', 'postgresqlExtensions', 'fullTextSearchPostgres', 'relationJoins', 'partialIndexes', 'nativeDistinct', 'typedSql'];
// What is taken out leaves blanks, so that every place stays what it is.
const modern = text => text
  .replace(/^[ \t]*(url|directUrl|shadowDatabaseUrl)[ \t]*=.*$/gm, m => ' '.repeat(m.length))
  .replace(/^[ \t]*previewFeatures\s*=.*$/gm, m => {
    const named = kept.filter(f => m.includes(`"${f}"`));
    return (named.length ? `previewFeatures = [${named.map(f => `"${f}"`).join(', ')}]` : '').padEnd(m.length);
  });

// The adapter sends a script in pieces, cut at every ';', which breaks $$ bodies; the native engine sends it whole.
const whole = adapter => {
  adapter.executeScript = async function (script) { try { await this.client.query(script); } catch (e) { this.onError(e); } };
  return adapter;
};

// The engine and what ends its connections; it connects as soon as it is made.
async function engineFor(url) {
  const factory = new PrismaPg({ connectionString: url });
  const open = [];
  for (const name of ['connect', 'connectToShadowDb']) {
    const plain = factory[name].bind(factory);
    factory[name] = async () => { const adapter = whole(await plain()); open.push(adapter); return adapter; };
  }
  const engine = await bg.SchemaEngine.new({ datamodels: undefined }, () => {}, bind(factory));
  return [engine, async () => { engine.free(); for (const adapter of open) await adapter.dispose(); }];
}

const modernFiles = question => question.files.map(([path, content]) => [path, modern(content)]);
const container = question => ({ files: modernFiles(question).map(([path, content]) => ({ path, content })) });
let idle = null;

async function answer(question) {
  if (question.ask === 'lint') return JSON.parse(schemas.lint(JSON.stringify(modernFiles(question))));
  if (question.ask === 'format') {
    const options = { textDocument: { uri: 'file:/none' }, options: { tabSize: 2, insertSpaces: true } };
    return JSON.parse(schemas.format(JSON.stringify(question.files), JSON.stringify(options)));
  }
  if (question.ask === 'create') {
    idle ??= (await engineFor(process.argv[2]))[0];
    const to = { tag: 'schemaDatamodel', ...container(question) };
    return (await idle.diff({ from: { tag: 'empty' }, to, script: true, exitCode: false, filters })).stdout ?? '';
  }
  const [engine, end] = await engineFor(question.url);
  try {
    if (question.ask === 'drift') {
      const from = { tag: 'schemaDatasource', ...container(question), configDir: '.' };
      const to = { tag: 'schemaDatamodel', ...container(question) };
      return (await engine.diff({ from, to, script: true, exitCode: false, filters })).stdout ?? '';
    }
    if (question.ask === 'introspect') {
      const read = await engine.introspect({
        schema: container(question), baseDirectoryPath: '.', force: false, compositeTypeDepth: -1, namespaces: question.schemas ?? null,
      });
      return read.schema.files.map(file => [file.path, file.content]);
    }
    throw new Error(`no such question: ${question.ask}`);
  } finally {
    await end();
  }
}

instantiate();
for await (const line of createInterface({ input: process.stdin })) {
  let reply;
  panic = null;
  try {
    reply = { ok: await answer(JSON.parse(line)) };
  } catch (e) {
    reply = { refused: String(e?.message ?? e), code: e?.code ?? null, ...(panic ? { panic } : {}) };
    if (panic) { idle = null; instantiate(); }
  }
  process.stdout.write(JSON.stringify(reply) + '\n');
}
process.exit();  // else the pool of connections keeps the process for ten seconds

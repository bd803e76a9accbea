// Reads DBML from standard input and writes, as JSON, what @dbml/core understood: for each schema how many tables,
// enums and references it has, and for each table its columns and indexes.
import * as core from '@dbml/core';

let text = '';
for await (const chunk of process.stdin) text += chunk;
try {
  const schemas = new core.Parser().parse(text, 'dbmlv2').export().schemas;
  const tables = schemas.flatMap((schema) => schema.tables.map((table) => [schema.name, table.name, table.fields.length, table.indexes.length]));
  const count = (what) => schemas.reduce((sum, schema) => sum + schema[what].length, 0);
  process.stdout.write(JSON.stringify({ tables, enums: count('enums'), references: count('refs') }));
} catch (error) {
  process.stdout.write(JSON.stringify({ error: JSON.stringify(error.diags ?? String(error.message ?? error)) }));
}

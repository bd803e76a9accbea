// guilty: sql-built-from-strings
import { Client } from "pg";
export async function rename(client: Client, table: string) {
  await client.query({ text: "ALTER TABLE " + table + " ADD COLUMN note text", values: [] });
}

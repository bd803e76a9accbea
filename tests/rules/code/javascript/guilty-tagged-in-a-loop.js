// guilty: query-in-a-loop
import postgres from "postgres";
const sql = postgres();
export async function totals(accounts) {
  const found = [];
  for (const account of accounts) {
    found.push(await sql`SELECT sum(cents) FROM entries WHERE account_id = ${account.id}`);
  }
  return found;
}

// innocent: sql-built-from-strings
import { Pool } from "pg";
const pool = new Pool();
async function count(table: string): Promise<number> {
  const result = await pool.query(`SELECT count(*)::int AS n FROM ${table}`);
  return result.rows[0].n;
}
export const stats = async () => ({ users: await count("users"), orders: await count("orders") });

// innocent: sql-built-from-strings
import { Pool } from "pg";
const pool = new Pool();
export async function insertAll(rows: { a: string; b: string }[]) {
  const values = rows.map((_, i) => `($${i * 2 + 1}, $${i * 2 + 2})`).join(", ");
  await pool.query(`INSERT INTO pairs (a, b) VALUES ${values}`, rows.flatMap((row) => [row.a, row.b]));
}

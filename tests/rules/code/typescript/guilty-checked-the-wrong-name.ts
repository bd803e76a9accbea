// guilty: sql-built-from-strings
const COLUMNS = ["name", "created_at"];
export async function list(column: string, direction: string) {
  if (!COLUMNS.includes(column)) throw new Error("unknown column");
  return pool.query(`SELECT id FROM users ORDER BY ${column} ${direction} LIMIT 20`);
}

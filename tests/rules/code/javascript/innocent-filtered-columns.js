// innocent: sql-built-from-strings
const ALLOWED = new Set(["name", "email"]);
export async function update(db, id, patch) {
  const columns = Object.keys(patch).filter((column) => ALLOWED.has(column));
  const sets = columns.map((column, i) => `${column} = $${i + 2}`).join(", ");
  await db.query(`UPDATE users SET ${sets} WHERE id = $1`, [id, ...columns.map((column) => patch[column])]);
}

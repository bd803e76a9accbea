// innocent: sql-built-from-strings
const COLUMNS = String.raw`id, name`;
export async function newest(limit: number) {
  return pool.query(String.raw`SELECT ${COLUMNS} FROM users ORDER BY id DESC LIMIT $1`, [limit]);
}

// innocent: query-in-a-loop
export async function* all(pool) {
  let last = 0;
  for (;;) {
    const { rows } = await pool.query("SELECT id, note FROM orders WHERE id > $1 ORDER BY id LIMIT 1000", [last]);
    if (rows.length === 0) return;
    yield* rows;
    last = rows[rows.length - 1].id;
  }
}

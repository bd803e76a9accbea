// innocent: writes-outside-a-transaction
export async function pay(db, id) {
  const { rows } = await db.query("SELECT cents FROM orders WHERE id = $1 FOR UPDATE", [id]);
  if (rows.length === 0) return null;
  await db.query("WITH paid AS (UPDATE orders SET paid = true WHERE id = $1 RETURNING id) INSERT INTO log SELECT id FROM paid", [id]);
  return db.query("SELECT id FROM orders WHERE id = $1", [id]);
}

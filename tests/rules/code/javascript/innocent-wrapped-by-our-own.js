// innocent: writes-outside-a-transaction
export async function pay(id) {
  await withTransaction(pool, async (client) => {
    await client.query("INSERT INTO payments (order_id) VALUES ($1)", [id]);
    await client.query("UPDATE orders SET paid = true WHERE id = $1", [id]);
  });
}

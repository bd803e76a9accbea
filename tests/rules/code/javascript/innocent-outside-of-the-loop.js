// innocent: query-in-a-loop
export async function price(items, code) {
  const { rows } = await pool.query("SELECT sku, cents FROM prices WHERE list = $1", [code]);
  const prices = new Map(rows.map((row) => [row.sku, row.cents]));
  let total = 0;
  for (const item of items) {
    total += prices.get(item.sku) * item.count;
  }
  return total;
}

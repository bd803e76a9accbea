// guilty: query-in-a-loop
export async function attach(orders) {
  for (const order of orders) {
    const key = order.customer_id;
    order.customer = await knex("customers").where({ id: key }).first();
  }
  return orders;
}

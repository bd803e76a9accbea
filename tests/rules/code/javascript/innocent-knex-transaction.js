// innocent: writes-outside-a-transaction
export const ship = (id) =>
  knex.transaction(async (trx) => {
    await trx("shipments").insert({ order_id: id });
    await trx("orders").where({ id }).update({ shipped: true });
  });

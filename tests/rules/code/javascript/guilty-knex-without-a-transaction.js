// guilty: writes-outside-a-transaction
export async function ship(id) {
  const [shipment] = await knex("shipments").insert({ order_id: id }).returning("id");
  await knex("orders").where({ id }).update({ shipment_id: shipment.id });
}

// guilty: writes-outside-a-transaction
export async function settle(id, cents) {
  await knex.transaction(async (trx) => {
    await trx("invoices").where({ id }).update({ paid: true });
    await knex("payments").insert({ invoice_id: id, cents });
    await knex("ledger").insert({ invoice_id: id, cents });
  });
}

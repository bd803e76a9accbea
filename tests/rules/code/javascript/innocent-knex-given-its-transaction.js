// innocent: writes-outside-a-transaction
const book = (trx, id, cents) => trx("ledger").insert({ invoice_id: id, cents });
export function settle(id, cents) {
  return knex.transaction(async (trx) => {
    await knex("invoices").where({ id }).update({ paid: true }).transacting(trx);
    await book(trx, id, cents);
    await knex("payments").transacting(trx).insert({ invoice_id: id, cents });
  });
}

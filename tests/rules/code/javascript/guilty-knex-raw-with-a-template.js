// guilty: sql-built-from-strings
const knex = require("./knex");
async function top(column) {
  return knex("orders").select(knex.raw(`max(${column}) AS top`));
}
module.exports = { top };

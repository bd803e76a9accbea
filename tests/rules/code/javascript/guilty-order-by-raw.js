// guilty: sql-built-from-strings
module.exports.list = (req) => knex("products").select("id").orderByRaw(`${req.query.sort} DESC`).limit(10);

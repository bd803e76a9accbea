// guilty: sql-built-from-strings
const { Pool } = require("pg");
const pool = new Pool();
const rows = pool.query.bind(pool);
exports.find = (email) => rows("SELECT id FROM users WHERE email = '" + email + "'");

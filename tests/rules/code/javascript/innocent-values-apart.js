// innocent: sql-built-from-strings
const { Pool } = require("pg");
const pool = new Pool();
const SELECT = "SELECT id, email FROM users";
exports.find = (email) => pool.query(SELECT + " WHERE email = $1" + " LIMIT 1", [email]);

// innocent: sql-built-from-strings
const { escapeIdentifier } = require("pg");
module.exports.truncate = (client, table) => client.query("TRUNCATE " + escapeIdentifier(table));

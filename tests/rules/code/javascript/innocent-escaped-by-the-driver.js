// innocent: sql-built-from-strings
const { escapeIdentifier, escapeLiteral } = require("pg");
exports.listen = async function listen(client, channel, word) {
  await client.query(`NOTIFY ${escapeIdentifier(channel)}, ${escapeLiteral(word)}`);
};

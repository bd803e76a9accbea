// guilty: sql-built-from-strings
exports.purge = async function purge(client, tenant) {
  const text = "DELETE FROM sessions WHERE tenant = '".concat(tenant, "'");
  await client.query({ text });
};

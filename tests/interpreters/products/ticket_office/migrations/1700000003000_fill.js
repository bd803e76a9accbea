exports.up = async (pgm) => {
  await pgm.db.query("INSERT INTO events (title) VALUES ($1)", ["Antigone"]);
  const found = await pgm.db.select("SELECT count(*)::int AS n FROM events");
  pgm.sql(`COMMENT ON TABLE events IS 'there was ${found[0].n}'`);
};

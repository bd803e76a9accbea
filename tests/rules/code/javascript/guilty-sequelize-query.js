// guilty: sql-built-from-strings
const { sequelize } = require("./models");
async function find(req, res) {
  const { q } = req.query;
  const rows = await sequelize.query(`SELECT id FROM notes WHERE body LIKE '%${q}%'`, { type: "SELECT" });
  res.json(rows);
}
module.exports = { find };

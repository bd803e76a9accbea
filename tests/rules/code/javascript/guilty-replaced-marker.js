// guilty: sql-built-from-strings
const TEMPLATE = "SELECT id FROM {table} WHERE active";
export const active = (db, table) => db.query(TEMPLATE.replace("{table}", table));

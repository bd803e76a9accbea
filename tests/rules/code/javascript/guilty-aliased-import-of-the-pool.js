// guilty: sql-built-from-strings
import { pool as database } from "./db.js";
const { query } = database;
export function byName(name) {
  return query(`SELECT id FROM users WHERE name = '${name}'`);
}

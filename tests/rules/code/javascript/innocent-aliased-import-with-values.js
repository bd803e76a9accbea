// innocent: sql-built-from-strings
import { pool as database } from "./db.js";
const table = "users";
export function byName(name) {
  return database.query(`SELECT id FROM ${table} WHERE name = $1`, [name]);
}

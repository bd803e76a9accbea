// guilty: sql-built-from-strings
import { Pool } from "pg";
const pool = new Pool();
function condition(name: string): string {
  return "name = '" + name + "'";
}
export async function find(name: string) {
  const where = condition(name);
  return pool.query("SELECT id FROM customers WHERE " + where);
}

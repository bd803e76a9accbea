// innocent: sql-built-from-strings
import { Pool } from "pg";
const pool = new Pool();
export async function find(name: string) {
  let text = `looking for ${name}`;
  console.log(text);
  text = "SELECT id FROM users WHERE name = $1";
  return pool.query(text, [name]);
}

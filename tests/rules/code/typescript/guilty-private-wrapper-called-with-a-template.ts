// guilty: sql-built-from-strings
import { Pool } from "pg";
const pool = new Pool();
const run = async (text: string, values: unknown[] = []) => (await pool.query(text, values)).rows;
export const all = () => run("SELECT id FROM tags LIMIT 100");
export const one = (slug: string) => run(`SELECT id FROM tags WHERE slug = '${slug}'`);

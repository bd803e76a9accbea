// innocent: sql-built-from-strings
import postgres from "postgres";
const sql = postgres();
export const find = (name, limit) => sql`SELECT id FROM users WHERE name = ${name} LIMIT ${limit}`;

// guilty: sql-built-from-strings
import postgres from "postgres";
const sql = postgres(process.env.DATABASE_URL);
export const columns = (table) => sql.unsafe(`SELECT * FROM ${table} LIMIT 1`);

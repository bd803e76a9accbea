// guilty: sql-built-from-strings
import { sql } from "drizzle-orm";
export async function drop(tenant: string) {
  await db.execute(sql.raw(`DROP SCHEMA ${tenant} CASCADE`));
}

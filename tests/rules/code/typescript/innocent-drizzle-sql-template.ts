// innocent: sql-built-from-strings
import { sql as q } from "drizzle-orm";
export async function search(words: string, owner?: string) {
  const parts = [q`title ILIKE ${"%" + words + "%"}`];
  if (owner) parts.push(q`owner = ${owner}`);
  return db.execute(q`SELECT id FROM posts WHERE ${q.join(parts, q` AND `)} ORDER BY ${q.identifier("id")} LIMIT 50`);
}

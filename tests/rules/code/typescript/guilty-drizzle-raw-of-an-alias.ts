// guilty: sql-built-from-strings
import { sql as q } from "drizzle-orm";
export class Posts {
  private order(column: string, down: boolean) {
    return q.raw(column + (down ? " DESC" : ""));
  }
  list(column: string) {
    return db.execute(q`SELECT id FROM posts ORDER BY ${this.order(column, true)} LIMIT 50`);
  }
}

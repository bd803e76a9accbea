// guilty: sql-built-from-strings
export class Events {
  static table = "events";
  find = async (kind) => {
    const where = kind ? `WHERE kind = '${kind}'` : "";
    return this.client.query("SELECT id FROM events " + where + " LIMIT 10");
  };
}

// guilty: sql-built-from-strings
export class Store {
  #pool;
  async #rows(text) {
    const { rows } = await this.pool.query(text);
    return rows;
  }
  constructor(pool) {
    this.pool = pool;
  }
  newest(kind) {
    return this.#rows("SELECT id FROM events WHERE kind = '" + kind + "' LIMIT 5");
  }
}

// innocent: sql-built-from-strings
export async function search(client: PoolClient, name?: string, city?: string) {
  const conditions: string[] = [];
  const values: string[] = [];
  if (name) {
    values.push(name);
    conditions.push(`name = $${values.length}`);
  }
  if (city) {
    values.push(city);
    conditions.push(`city = $${values.length}`);
  }
  const where = conditions.length ? "WHERE " + conditions.join(" AND ") : "";
  return client.query(`SELECT id FROM people ${where} LIMIT 50`, values);
}

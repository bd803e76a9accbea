// guilty: sql-built-from-strings
export async function named(name: string) {
  const text = String.raw`SELECT id FROM users WHERE name = '${name}' LIMIT 1`;
  return pool.query(text);
}

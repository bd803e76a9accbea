// innocent: sql-built-from-strings
const SORTS = { newest: "created_at DESC", cheapest: "cents ASC" } as const;
export async function list(sort: keyof typeof SORTS, limit: string) {
  const order = SORTS[sort] ?? SORTS.newest;
  return pool.query(`SELECT id FROM products ORDER BY ${order} LIMIT ${Number(limit)}`);
}

// guilty: sql-built-from-strings
export async function search(this: any, filters: Record<string, string>) {
  const parts: string[] = ["deleted_at IS NULL"];
  for (const key of Object.keys(filters)) {
    parts.push(`${key} = '${filters[key]}'`);
  }
  return this.dataSource.query(`SELECT id FROM invoices WHERE ${parts.join(" AND ")}`);
}

// guilty: sql-built-from-strings
export async function report(db, tenant) {
  const sql = ["SELECT id, total", "FROM " + tenant + ".invoices", "ORDER BY id"].join("\n");
  return db.query(sql);
}

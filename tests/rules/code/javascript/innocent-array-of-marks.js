// innocent: sql-built-from-strings
export async function insert(db, names) {
  const marks = Array.from({ length: names.length }, (_, i) => "($" + (i + 1) + ")").join(",");
  return db.query("INSERT INTO tags (name) VALUES " + marks, names);
}

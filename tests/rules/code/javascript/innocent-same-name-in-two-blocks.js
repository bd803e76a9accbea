// innocent: sql-built-from-strings
export async function one(db, kind, id) {
  if (kind === "log") {
    const text = "selected " + id;
    console.log(text);
  } else {
    const text = "SELECT id FROM items WHERE id = $1";
    return db.query(text, [id]);
  }
}

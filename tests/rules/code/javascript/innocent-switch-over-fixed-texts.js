// innocent: sql-built-from-strings
function order(sort) {
  switch (sort) {
    case "price":
      return "cents ASC";
    case "name":
      return "lower(name)";
    default:
      return "id";
  }
}
export const list = (db, sort) => db.query(`SELECT id FROM products ORDER BY ${order(sort)} LIMIT 10`);

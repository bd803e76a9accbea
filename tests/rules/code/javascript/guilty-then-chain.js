// guilty: writes-outside-a-transaction
export function close(db, id) {
  return db
    .query("UPDATE accounts SET closed_at = now() WHERE id = $1", [id])
    .then(() => db.query("DELETE FROM sessions WHERE account_id = $1", [id]));
}

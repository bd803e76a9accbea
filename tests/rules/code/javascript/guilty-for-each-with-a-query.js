// guilty: query-in-a-loop
export async function notify(userIds) {
  userIds.forEach(async (userId) => {
    const { rows } = await pool.query("SELECT email FROM users WHERE id = $1", [userId]);
    await send(rows[0].email);
  });
}

// innocent: writes-outside-a-transaction
export async function book(pool: Pool, room: string, guest: string) {
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    await client.query("INSERT INTO bookings (room_id, guest_id) VALUES ($1, $2)", [room, guest]);
    await client.query("UPDATE rooms SET free = false WHERE id = $1", [room]);
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK");
    throw error;
  } finally {
    client.release();
  }
}

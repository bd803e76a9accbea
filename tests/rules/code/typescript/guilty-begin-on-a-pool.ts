// guilty: writes-outside-a-transaction
import { Pool } from "pg";
const pool = new Pool();
export async function book(room: string, guest: string) {
  await pool.query("BEGIN");
  await pool.query("INSERT INTO bookings (room_id, guest_id) VALUES ($1, $2)", [room, guest]);
  await pool.query("UPDATE rooms SET free = false WHERE id = $1", [room]);
  await pool.query("COMMIT");
}

// innocent: query-in-a-loop
export async function consume(queue) {
  for await (const message of queue) {
    await pool.query("INSERT INTO events (body) VALUES ($1)", [message.body]);
  }
}

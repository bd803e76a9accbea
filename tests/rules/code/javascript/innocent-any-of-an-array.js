// innocent: query-in-a-loop
export async function load(groups) {
  for (const group of groups) {
    group.users = await pool.query("SELECT id FROM users WHERE id = ANY($1)", [group.ids]);
  }
}

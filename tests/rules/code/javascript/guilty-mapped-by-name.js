// guilty: query-in-a-loop
const loadUser = (id) => pool.query("SELECT id, name FROM users WHERE id = $1", [id]);
export const loadAll = (ids) => Promise.all(ids.map(loadUser));

// innocent: sql-built-from-strings
export const find = (name, column) =>
  knex("users").whereRaw("lower(name) = lower(?)", [name]).orderByRaw("?? DESC", [column]).limit(5);

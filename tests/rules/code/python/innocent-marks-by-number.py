# innocent: sql-built-from-strings
def by_ids(cur, ids):
    marks = ", ".join(["%s"] * len(ids))
    cur.execute(f"SELECT id FROM users WHERE id IN ({marks})", ids)
    more = ",".join("%s" for _ in ids)
    cur.execute("DELETE FROM old_ids WHERE id IN (" + more + ")", ids)

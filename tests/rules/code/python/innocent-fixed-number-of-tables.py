# innocent: query-in-a-loop
TABLES = ("users", "orders")


def counts(cur):
    found = {}
    for table in TABLES:
        cur.execute("SELECT n_live_tup FROM pg_stat_user_tables WHERE relname = %s", (table,))
        found[table] = cur.fetchone()[0]
    for attempt in range(3):
        cur.execute("SELECT pg_try_advisory_lock(%s)", (attempt,))
    return found

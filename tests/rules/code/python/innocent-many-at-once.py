# innocent: query-in-a-loop
def insert(cur, groups):
    for group in groups:
        cur.executemany("INSERT INTO members (name) VALUES (%s)", group)
    cur.executemany("INSERT INTO tags (name) VALUES (%s)", [(one.tag,) for one in groups])

# innocent: sql-built-from-strings
COLUMNS = ("id", "owner", "note")
QUERY = "SELECT {} FROM reports WHERE owner = %s".format(", ".join(COLUMNS))


class Reports:
    def of(self, owner):
        with self.pool.connection() as conn:
            return conn.execute(QUERY, (owner,)).fetchall()

# guilty: sql-built-from-strings
class Reports:
    def __init__(self, conn):
        self.conn = conn

    def _rows(self, sql, params=()):
        return self.conn.execute(sql, params).fetchall()

    def newest(self):
        return self._rows("SELECT id FROM reports ORDER BY id DESC LIMIT 5")

    def by_owner(self, owner):
        return self._rows(f"SELECT id FROM reports WHERE owner = '{owner}'")

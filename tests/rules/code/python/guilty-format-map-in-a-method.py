# guilty: sql-built-from-strings
class Reports:
    TEMPLATE = "SELECT id FROM reports WHERE owner = '{owner}'"

    def of(self, owner):
        with self.pool.connection() as conn:
            return conn.execute(self.TEMPLATE.format(owner=owner)).fetchall()

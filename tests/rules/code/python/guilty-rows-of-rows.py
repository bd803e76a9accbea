# guilty: query-in-a-loop
def lines(cur, customer):
    cur.execute("SELECT id FROM orders WHERE customer_id = %s", (customer,))
    found = []
    for (order_id,) in cur.fetchall():
        cur.execute("SELECT sku FROM order_lines WHERE order_id = %s", (order_id,))
        found.extend(cur.fetchall())
    return found

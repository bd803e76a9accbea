"""What do pending migrations do, on clones of the state that each of them meets?

The edge between rules, which decide on data, and the server, which gives it.
"""

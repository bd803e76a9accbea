"""PostgreSQL servers of our own: found, laid out, supervised, and lent out as scratch databases.

home.py         where pgmason keeps things on this machine
installations   which PostgreSQL binaries there are, and which serves a major
tree            a private layout of one installation, with stand-ins for extensions it lacks
supervisor      the process that is the server's parent (standard library only)
server          a lease on a running server, from a command's side
scratch         scratch databases, templates and confined roles
"""

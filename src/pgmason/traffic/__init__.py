"""What does a program ask a database, and which of its statements belong together?

Seen on the wire between the program and a scratch database, so that no product changes a line, whatever its language
and driver. Rows are looked at to tell which statement looks up what another one found, and kept for that alone: values
are in memory for the length of a run, never in a report.

    wire.py          PostgreSQL's messages, cut out of a stream and taken apart
    values.py        values in text and binary form made comparable
    conversation.py  one connection: which statement runs, with which values, in which transaction
    lookups.py       N+1: a lookup repeated for the rows of one result
    loops.py         what is concluded, and what is too telling for a coincidence
    relations.py     which columns refer to which, for telling a reference from a coincidence
    sites.py         where in a program's own code a statement comes from
    proxy.py         the sockets in between, in a thread
    telling.py       findings as text and JSON
"""

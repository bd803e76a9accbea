"""What does a statement do? The server is asked while it does it.

    model.py            what is told of a statement, a transaction, a file: the contract for rules and estimates
    known.py            relations and types by OID, as far as an effect needs to know them
    observe.py          the functions of watching.sql, asked from the traced session itself
    differences.py      two sights -> objects made, altered, dropped; storage replaced
    asking.py           whose state a statement may have changed
    row_dependence.py   outcomes that depend on production's rows, and the query that tells
    reckoning.py        locks, scans, rows and settings, in the words of an Effect
    declared.py         the relations and locks of statements that commit on the way
    alone.py            what can be told of such a statement
    elevated.py         the short list of what runs with more rights
    execution.py        one statement sent, its rows thrown away
    witness.py          a file's statements, run one after the other in the frame of its runner
    before.py           the state that a file meets, cloned and filled with rows
    tracing.py          trace_file: the one entry for commands, rules and proofs
    growth.py           with what the time of a statement grows
    estimates.py        how long it takes at production's size
    telling.py          text and JSON

Left to others: whether an effect is wise (rules/), production's sizes themselves (statistics/).
"""

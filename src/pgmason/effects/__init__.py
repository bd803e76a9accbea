"""What does a statement do? The server is asked while it does it.

    model.py      what is told of a statement, a transaction, a file: the contract for rules and estimates
    observe.py    the queries that look, and the event triggers that note
    witness.py    a file's statements, run one after the other in the frame of its runner

Left to others: whether an effect is wise (rules/), how long it takes at production's size (statistics/).
"""

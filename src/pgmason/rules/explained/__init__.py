"""Pages that `pgmason explain` shows, of faults that no supported server can have: they are told, and never looked for.

A page is a rule without a check, so that it is written, listed and shown as one.
"""

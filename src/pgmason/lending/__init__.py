"""Throw-away databases with a product's schema, lent to its commands, its tests and their workers.

    template.py   the template that holds a product's schema, found again without reading the schema
    lender.py     clones of it, from inside a running process
    resetting.py  a used clone made as new by emptying what was filled
    per_test.py   a database as new for each test, by whichever of the two is quicker
    variables.py  what a borrower's environment says of a clone
    seeding.py    the product's own seed script
    desk.py       where the workers of a test runner fetch a clone each, from any language
    workers/      what runs inside a product's own test workers: a few lines without a dependency
    hearing.py    the statements of those who borrow, overheard
    command.py    a command run on a clone: signals, exit code, nothing left

What makes the schema is sources/; the servers, and the sweep after a killed borrower, are postgres/.
"""

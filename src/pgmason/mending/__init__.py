"""Which pending migrations can be written so that nobody waits, and how do their files look then?

A finding of a migration rule may carry safe steps that take the place of its statement and end in the same schema
(`remedies/`). Here they are put into the files of the product's own format, tried on clones, and written only where
the whole history then makes the same schema, every DOWN brings back the state before it, and no rule finds what it
found before. What cannot be mended so is told by name, with the reason.

    pieces.py     the statements of one migration, cut into the files that they need: pure
    ways_back.py  which statements of the old DOWN go into which of them: pure
    layout.py     the files of a format, beside and in place of the old ones
    deployed.py   which migrations are out already, and never touched
    mend.py       the run: cut, write into a copy of the folder, prove, or say why not
    writing.py    the proven files, written into the product's folder whole or not at all

Left to others: which statements are unsafe (rules/), what would be safe (remedies/), what a plan writes (plan/).
"""

from __future__ import annotations

from pgmason.mending.mend import Fix, Left, Mending, mend
from pgmason.mending.writing import write_fixes

__all__ = ["Fix", "Left", "Mending", "mend", "write_fixes"]

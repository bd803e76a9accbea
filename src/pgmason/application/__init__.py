"""What do a product's own programs ask its database?

`reading.py` finds the files, `parsing.py` makes a tree of each that TypeScript, JavaScript and Python share
(`model.py`), `scopes.py` and `origins.py` say where a text comes from, `calls.py` which calls ask a database. What is
wrong with that is for `rules/code/`.
"""

from pgmason.application.parsing import NEEDED, can_parse, parse
from pgmason.application.reading import Application, SourceFile, read_application

__all__ = ["NEEDED", "Application", "SourceFile", "can_parse", "parse", "read_application"]

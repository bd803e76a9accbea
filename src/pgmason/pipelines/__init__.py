"""How do rows get from somewhere into a table, again and again, and never twice?

What a pipeline's file imports: `from pgmason.pipelines import pipeline, extract, expect, transform`. The last three
are modules of this package, loaded when named. `model.py` is the contract that all parts stand on.
"""

from pgmason.pipelines.model import pipeline

__all__ = ["pipeline"]

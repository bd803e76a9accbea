"""What can be done with a batch on its way? Functions from record batch to record batch, to build a pipeline's own of.

Each works on whole columns and leaves the batch it was given as it is. `set_aside`, and what says `failing=` here,
marks rows for the quarantine with a reason; the runner takes them out after the pipeline's function.
"""

from __future__ import annotations

from pgmason.pipelines.transform.aside import set_aside
from pgmason.pipelines.transform.columns import cast, drop, rename, select, with_column
from pgmason.pipelines.transform.looking_up import asking, lookup
from pgmason.pipelines.transform.nested import explode, flatten, parse_json
from pgmason.pipelines.transform.programs import Program, program
from pgmason.pipelines.transform.rows import deduplicate, keep

__all__ = [
    "Program",
    "asking",
    "cast",
    "deduplicate",
    "drop",
    "explode",
    "flatten",
    "keep",
    "lookup",
    "parse_json",
    "program",
    "rename",
    "select",
    "set_aside",
    "with_column",
]

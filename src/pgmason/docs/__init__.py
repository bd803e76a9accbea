"""The data model as a page that people read and a machine keeps true: DATA-MODEL.md with its diagrams.

`render_data_model` gives the page of a catalog, `check_data_model` says whether a page still shows it, and
`read_data_model` reads the page that is there. Writing it is the caller's, with `evidence.write_whole`.
"""

from __future__ import annotations

from pgmason.docs.checking import DocsCheck, check_data_model
from pgmason.docs.model import Counts, ModelInput
from pgmason.docs.page import DataModel, read_data_model, render_data_model
from pgmason.docs.passages import BrokenMarkers, NotOurs

__all__ = [
    "BrokenMarkers",
    "Counts",
    "DataModel",
    "DocsCheck",
    "ModelInput",
    "NotOurs",
    "check_data_model",
    "read_data_model",
    "render_data_model",
]

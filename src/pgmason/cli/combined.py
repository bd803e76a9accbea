"""How do the reports of several products become one document of the same format?

One product's report is passed through unchanged. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

__all__ = ["combined"]


def combined(format: str, reports: Mapping[str, str]) -> str:
    """`reports` by product, in order, each in that format."""
    if len(reports) == 1:
        return next(iter(reports.values()))
    if format == "json":
        return json.dumps(
            {"version": 1, "products": {name: json.loads(text) for name, text in reports.items()}},
            indent=2,
            ensure_ascii=False,
        )
    if format == "sarif":
        documents = [json.loads(text) for text in reports.values()]
        documents[0]["runs"] = [run for document in documents for run in document["runs"]]
        return json.dumps(documents[0], indent=2, ensure_ascii=False)
    if format == "junit":
        from xml.etree import ElementTree

        suites = ElementTree.Element("testsuites")
        for text in reports.values():
            root = ElementTree.fromstring(text)  # noqa: S314  # what we rendered ourselves a moment ago
            suites.extend([root] if root.tag == "testsuite" else list(root))
        return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(suites, encoding="unicode")
    return "\n\n".join(text.rstrip("\n") for text in reports.values()) + "\n"

"""The criteria, one file each: found by looking into this folder, so that adding one is adding a file."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from inspect import isabstract
from pkgutil import iter_modules

from pgmason.gate.criterion import Criterion

__all__ = ["all_criteria"]


@cache
def all_criteria() -> tuple[Criterion, ...]:
    """Every criterion, those that are built first, then by what weighs most, then by name."""
    found = [
        value()
        for module in (import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__))
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Criterion) and value.__module__ == module.__name__
        if not isabstract(value)
    ]
    return tuple(sorted(found, key=lambda criterion: (not criterion.built, criterion.weighs.rank, criterion.name)))

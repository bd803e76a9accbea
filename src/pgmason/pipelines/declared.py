"""Which pipelines does a folder of Python files declare?

Each file is imported under a name of its own, with its folder last on the path, so that it may import its neighbours,
and so that a pipeline named `email` hides no module of Python's. An import that fails is told with file and line. The
code is the product's own and runs in this process with all that this process may do: pipelines are only read where a
person named them or a command runs them.
"""

from __future__ import annotations

import hashlib
import importlib.util
import sys
import traceback
from pathlib import Path

from pgmason.errors import NextCommand, PgmasonError, WrongUse
from pgmason.pipelines.model import Pipeline

__all__ = ["find_pipeline", "pipelines_in", "pipelines_of"]


def pipelines_of(folder: Path) -> dict[str, Pipeline]:
    """The pipelines of every .py file in a folder, by name, sorted; files that begin with `_` or `test_` are not read.

    Raises WrongUse where there is no folder, where two pipelines have one name, or where a file does not import.
    """
    if not folder.is_dir():
        raise WrongUse(
            "there is no such folder",
            where=str(folder),
            next=[NextCommand(command="pgmason pipeline new NAME", why="makes it, with a pipeline and its test")],
        )
    found: dict[str, Pipeline] = {}
    for file in sorted(folder.glob("*.py")):
        if file.name.startswith(("_", "test_")) or file.name == "conftest.py":
            continue
        for name, declared in pipelines_in(file).items():
            if name in found:
                raise WrongUse(f"the pipeline {name} is declared in {found[name].file} too", where=str(file))
            found[name] = declared
    return dict(sorted(found.items()))


def pipelines_in(file: Path) -> dict[str, Pipeline]:
    """The pipelines that one file declares, by name. Raises WrongUse where it does not import."""
    file = file.resolve()
    mark = hashlib.sha256(str(file).encode()).hexdigest()[:12]
    module_name = f"pgmason_pipeline_{file.stem}_{mark}"
    module = sys.modules.get(module_name)
    if module is None:
        spec = importlib.util.spec_from_file_location(module_name, file)
        if spec is None or spec.loader is None:
            raise WrongUse("is not a Python file", where=str(file))
        module = importlib.util.module_from_spec(spec)
        sys.modules[module_name] = module  # functions are pickled by the name of their module
        if str(file.parent) not in sys.path:
            sys.path.append(str(file.parent))
        try:
            spec.loader.exec_module(module)
        except PgmasonError:
            del sys.modules[module_name]
            raise
        except Exception as exc:
            del sys.modules[module_name]
            raise _does_not_import(file, exc) from exc
    declared = (getattr(value, "pipeline", None) for value in vars(module).values())
    return {one.name: one for one in declared if isinstance(one, Pipeline) and one.file.resolve() == file}


def find_pipeline(folder: Path, name: str) -> Pipeline:
    """The pipeline of that name. Raises WrongUse that names those there are."""
    known = pipelines_of(folder)
    if name not in known:
        raise WrongUse(
            f"no pipeline is named {name}",
            where=str(folder),
            fix=f"there are: {', '.join(known)}" if known else "the folder declares none",
            next=[NextCommand(command="pgmason pipeline list", why="shows each with its target and its last run")],
        )
    return known[name]


def _does_not_import(file: Path, exc: Exception) -> WrongUse:
    """Told at the line of the file itself, not of what it called."""
    lines = [frame.lineno for frame in traceback.extract_tb(exc.__traceback__) if frame.filename == str(file)]
    line = exc.lineno if isinstance(exc, SyntaxError) and exc.filename == str(file) else (lines or [None])[-1]
    return WrongUse(f"{type(exc).__name__}: {exc}", where=f"{file}:{line}" if line else str(file))

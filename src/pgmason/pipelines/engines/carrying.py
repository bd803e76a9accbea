"""What does another machine need to do a run's work?

The pipeline without its source (this process reads that, or hands out its parts); the modules beside the pipeline's
file by value, since no other machine has them; a connection string in which all that libpq found here, the password
too, is written out; and the variables that parts of the source name (`env:NAME`). All of it travels as one piece of
bytes inside the function that Spark is given: never as a setting, a row, or a name that something shows.
"""

from __future__ import annotations

import os
import pickle
import sys
import types
from collections.abc import Iterator, Sequence
from contextlib import chdir, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pgmason import __version__
from pgmason.errors import WrongUse
from pgmason.interpreters.environment import variables_set
from pgmason.pipelines.engines import Work
from pgmason.pipelines.model import Cursor, Extracted, Pipeline, Source

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Carried", "carried"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """Work on its way: `pickled` is the work and the parts of its source, `home` the folder in which it was asked for,
    `environment` variables with secrets in them, `version` the pgmason that packed it."""

    pickled: bytes = field(repr=False)
    home: str
    environment: tuple[tuple[str, str], ...] = field(repr=False)
    version: str

    def unpacked(self) -> tuple[Work, Sequence[Source]]:
        """The work and the parts. Raises WrongUse where this is another pgmason than the one that packed it."""
        if self.version != __version__:
            raise WrongUse(
                f"a worker has pgmason {__version__}, and the run pgmason {self.version}",
                where=sys.executable,
                fix=f"python -m pip install 'pgmason[spark]=={self.version}' on every worker",
            )
        work: tuple[Work, Sequence[Source]] = pickle.loads(self.pickled)  # noqa: S301  from the run's own process
        return work

    @contextmanager
    def surroundings(self) -> Iterator[None]:
        """The folder of the run, where this machine has it, and the variables that it needs."""
        with variables_set(dict(self.environment)), chdir(self.home) if Path(self.home).is_dir() else nullcontext():
            yield


def carried(work: Work, parts: Sequence[Source]) -> Carried:
    """The work and the parts of its source, for another machine. Raises WrongUse for what cannot travel."""
    from pyspark import cloudpickle

    pipeline = work.pipeline
    bare = replace(pipeline, extract=_ReadElsewhere(pipeline.extract.name), function=_bare(pipeline.function))
    modules = list(_beside(pipeline.file))
    for module in modules:
        cloudpickle.register_pickle_by_value(module)
    try:
        pickled = cloudpickle.dumps((replace(work, pipeline=bare, url=_written_out(work.url)), list(parts)))
    except (pickle.PicklingError, AttributeError, TypeError) as exc:
        raise WrongUse(
            f"the pipeline cannot be given to another machine: {exc}",
            where=f"{pipeline.file}:{pipeline.name}",
            fix="make what it uses (connections, locks, open files) inside its function, or run it with --engine local",
        ) from exc
    finally:
        for module in modules:
            cloudpickle.unregister_pickle_by_value(module)
    named = sorted(set(_variables(list(parts))))
    return Carried(
        pickled=pickled,
        home=str(Path.cwd()),
        environment=tuple((name, os.environ[name]) for name in named if name in os.environ),
        version=__version__,
    )


@dataclass(frozen=True, slots=True)
class _ReadElsewhere:
    """In place of a source that a worker has no use for."""

    name: str

    def schema(self) -> pa.Schema:
        raise self._asked()

    def batches(self, since: Cursor | None) -> Iterator[Extracted]:  # noqa: ARG002  # as every source has it
        raise self._asked()

    def _asked(self) -> WrongUse:
        return WrongUse(
            f"the pipeline's function asks for its source, {self.name}, which is not on the worker",
            fix="read in the function only what its batch holds, or run it with --engine local",
        )


def _bare(function: Any) -> Any:
    """A declared function without its pipeline, which holds the source and its secrets."""
    if not isinstance(function, types.FunctionType) or not isinstance(getattr(function, "pipeline", None), Pipeline):
        return function
    made = types.FunctionType(
        function.__code__, function.__globals__, function.__name__, function.__defaults__, function.__closure__
    )
    made.__kwdefaults__ = function.__kwdefaults__
    made.__module__, made.__qualname__ = function.__module__, function.__qualname__
    return made


def _beside(file: Path) -> Iterator[types.ModuleType]:
    """The modules that were imported from the folder of the pipeline's file."""
    folder = file.resolve().parent
    for module in list(sys.modules.values()):
        found = getattr(module, "__file__", None)
        if isinstance(module, types.ModuleType) and found and module.__name__ != "__main__":
            with suppress(OSError, ValueError):
                if Path(found).resolve().is_relative_to(folder) and "site-packages" not in found:
                    yield module


def _written_out(url: str) -> str:
    """The connection string with what libpq took from its own variables, services and password file."""
    from psycopg.conninfo import make_conninfo

    from pgmason.pipelines.connection import connected

    with connected(url, what="pgmason pipeline looks where it is") as connection:
        given = {**connection.info.get_parameters(), "password": connection.info.password or None}
    given.pop("application_name", None)
    return make_conninfo("", **given)


def _variables(value: Any) -> Iterator[str]:
    """The variables that a source names, wherever in it."""
    if isinstance(value, str):
        if value.startswith("env:"):
            yield value.removeprefix("env:")
    elif isinstance(value, dict):
        yield from _variables(list(value.values()))
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _variables(one)
    elif is_dataclass(value):
        for one in fields(value):
            yield from _variables(getattr(value, one.name, None))

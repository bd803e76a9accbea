"""What the verbs have in common: the product that is meant, where results go, and progress on a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pgmason.config import Product, Workspace, find_workspace, read_workspace
from pgmason.errors import NextCommand, WrongUse

if TYPE_CHECKING:
    from pgmason.sources import Reading

__all__ = [
    "Output",
    "Progress",
    "chosen_products",
    "code_option",
    "current_workspace",
    "output_options",
    "outputs",
    "preface",
    "product_options",
    "write_outputs",
]

F = TypeVar("F", bound=Callable[..., Any])


def product_options(function: F) -> F:
    """--product and --config; --no-code, which acts by itself."""
    function = code_option(function)
    function = click.option("--config", metavar="FILE", help="pgmason.toml to use instead of the nearest one upwards.")(
        function
    )
    return click.option("--product", metavar="NAME", help="The product that is meant, where there are several.")(
        function
    )


def code_option(function: F) -> F:
    """--no-code, which acts by itself."""
    return click.option(
        "--no-code", is_flag=True, expose_value=False, callback=_no_code,
        help="Run no program of the product's: no models, no migrations in Python or JavaScript.",
    )(function)  # fmt: skip


def _no_code(ctx: click.Context, parameter: click.Parameter, refused: bool) -> None:  # noqa: ARG001  # click's
    if refused:
        from pgmason.interpreters.permission import allow_code

        allow_code(False)


def output_options(formats: Sequence[str]) -> Callable[[F], F]:
    """--format for stdout, and --output FORMAT=FILE as often as wanted."""

    def decorate(function: F) -> F:
        function = click.option(
            "--output", "outputs", multiple=True, metavar="FORMAT=FILE",
            help="Also write the result to a file, in a format of its own; may be repeated. FILE - is stdout.",
        )(function)  # fmt: skip
        return click.option("--format", "-f", type=click.Choice(formats), default="text", show_default=True)(function)

    return decorate


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One place for a result: a format, and a file, or None for stdout."""

    format: str
    file: Path | None


def outputs(format: str, asked: Sequence[str], formats: Sequence[str]) -> tuple[Output, ...]:
    """Where a result goes. `--output X=-` takes the place of stdout's format. Raises WrongUse."""
    places: list[Output] = []
    stdout = format
    for text in asked:
        name, equals, file = text.partition("=")
        if not equals or not file or name not in formats:
            raise WrongUse(f"--output {text!r} is not FORMAT=FILE with a format of {', '.join(formats)}")
        if file == "-":
            stdout = name
        else:
            places.append(Output(format=name, file=Path(file)))
    return (Output(format=stdout, file=None), *places)


def write_outputs(places: Sequence[Output], render: Callable[[str], str]) -> None:
    """Render a result once for each place, files first, and each file whole or not at all. Raises WrongUse."""
    from pgmason.evidence import write_whole

    for place in sorted(places, key=lambda place: place.file is None):
        text = render(place.format)
        if place.file is None:
            click.echo(text, nl=not text.endswith("\n"))
        else:
            try:
                write_whole(place.file, text if text.endswith("\n") else text + "\n")
            except OSError as exc:
                raise WrongUse(f"cannot be written: {exc.strerror}", where=str(place.file)) from exc


def current_workspace(config: str | None) -> Workspace:
    """The workspace that the configuration around the current folder describes. Raises WrongUse."""
    file = Path(config) if config else find_workspace(Path.cwd())
    if file is None:
        raise WrongUse(
            "no pgmason.toml is here or above",
            where=str(Path.cwd()),
            next=[NextCommand(command="pgmason init", why="finds the products of this repository and writes it")],
        )
    return read_workspace(file)


def chosen_products(config: str | None, name: str | None) -> tuple[Product, ...]:
    """The product that is named, or every one of the workspace, by name."""
    workspace = current_workspace(config)
    if name is not None:
        return (workspace.product(name),)
    if not workspace.products:
        raise WrongUse(
            "configures no product",
            where=str(workspace.file),
            next=[NextCommand(command="pgmason init", why="finds the products of this repository")],
        )
    return tuple(workspace.products[key] for key in sorted(workspace.products))


def preface(readings: Sequence[Reading]) -> None:
    """Where each schema came from, and what stood in: on stderr, so that stdout is the result alone."""
    from pgmason.names import printable

    for reading in readings:
        click.echo(printable(f"{reading.origin}: read by {reading.server}"), err=True)
        for note in reading.notes:
            click.echo(printable(f"  note: {note}"), err=True)


@dataclass(slots=True)
class Progress:
    """A line on stderr that counts files while they are applied; silent where stderr is no terminal."""

    label: str
    _since: float = field(default_factory=time.monotonic)
    _shown: float = 0.0

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if sys.stderr.isatty() and now - self._since > 0.3 and (now - self._shown > 0.1 or done == total):
            self._shown = now
            click.echo(f"\r{self.label}: {done}/{total} files applied", nl=False, err=True)
            if done == total:
                click.echo("\r\033[K", nl=False, err=True)

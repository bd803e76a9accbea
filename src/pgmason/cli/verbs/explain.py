"""pgmason explain: what a rule is for."""

from __future__ import annotations

import click

__all__ = ["command"]


@click.command(name="explain", short_help="Why a rule exists, what breaks it, what keeps it.")
@click.argument("rule", required=False)
@click.option("--format", "-f", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(rule: str | None, format: str) -> None:
    """Why a RULE exists, what breaks it, what keeps it, and what it cannot see. Alone: all rules.

    \b
    Example:
      pgmason explain foreign-key-without-index
    """
    from pgmason.rules import all_rules, rule_named
    from pgmason.rules.explaining import explanation, explanation_json

    if format == "json":
        import json

        rules = [rule_named(rule)] if rule else list(all_rules())
        click.echo(json.dumps({"version": 1, "rules": [explanation_json(one) for one in rules]}, indent=2, ensure_ascii=False))
    elif rule:
        click.echo(explanation(rule_named(rule)))
    else:
        width = max(len(one.name) for one in all_rules())
        for one in all_rules():
            click.echo(f"{one.name:<{width}}  {one.severity!s:<7} {one.title}")
        click.echo("\nnext: pgmason explain RULE")

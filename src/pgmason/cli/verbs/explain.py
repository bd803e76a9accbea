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
    import json

    from pgmason.rules import all_rules, rule_named
    from pgmason.rules.explaining import explanation, explanation_json, rule_list, rule_list_json

    if format == "json":
        answer = explanation_json(rule_named(rule)) if rule else rule_list_json(all_rules())
        click.echo(json.dumps(answer, indent=2, ensure_ascii=False))
    else:
        click.echo(explanation(rule_named(rule)) if rule else rule_list(all_rules()))

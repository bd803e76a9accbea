"""python -m bench.pages: refresh what is generated in docs/: a page a rule, and their list.

A page is made of the rule's own file alone (`pgmason.rules.explaining`), so nothing is edited in docs/rules by hand.
With --check nothing is written, and what is not current is told: exit 1.
"""

from __future__ import annotations

import sys
from pathlib import Path

from bench.arguments import Arguments
from pgmason.evidence import write_whole
from pgmason.rules import all_rules
from pgmason.rules.explaining import explanation_json, help_of
from pgmason.rules.rule import Rule

__all__ = ["differences", "rule_pages"]

FOLDER = Path(__file__).parents[1] / "docs" / "rules"
INDEX = "README.md"
MARK = "<!-- Written by `make docs` from the rule's own file in src/pgmason/rules: edit that one. -->\n"


def rule_pages() -> dict[str, str]:
    """File name -> text: the page of each rule, and the index of them."""
    rules = all_rules()
    pages = {f"{rule.name}.md": _page(rule) for rule in rules}
    return {INDEX: _index(rules), **pages}


def differences(folder: Path) -> tuple[str, ...]:
    """What in a folder is not as it would be written now, a line each, sorted by file."""
    pages, found = rule_pages(), []
    for name in sorted({*pages, *(file.name for file in folder.glob("*.md"))}):
        if name not in pages:
            found.append(f"{name}: no rule has that name")
        elif not (folder / name).is_file():
            found.append(f"{name}: is missing")
        elif (folder / name).read_text(encoding="utf-8") != pages[name]:
            found.append(f"{name}: is not current")
    return tuple(found)


def _index(rules: tuple[Rule, ...]) -> str:
    rows = [f"| [{rule.name}]({rule.name}.md) | {rule.severity} | {rule.title} |" for rule in rules]
    return (
        f"{MARK}# Rules\n\nWhat `pgmason check` and `pgmason gate` look for."
        " `pgmason explain RULE` shows the same pages.\n\n"
        "| rule | severity | what it finds |\n|---|---|---|\n" + "\n".join(rows) + "\n"
    )


def _page(rule: Rule) -> str:
    said = explanation_json(rule)
    return (
        f"{MARK}# {rule.name}\n\n{rule.title} Severity: {rule.severity}.\n\n{help_of(rule).markdown}\n\n"
        f"**What of the brief it holds:** {said['brief']}\n\n"
        f"To accept it somewhere, with a reason, in pgmason.toml:\n\n```toml\n{said['waiver']}\n```\n\n"
        f"[All rules]({INDEX})\n"
    )


def main() -> int:
    arguments = Arguments()
    check = arguments.flag("--check")
    arguments.done()
    found = differences(FOLDER)
    if not check:
        for name, text in rule_pages().items():
            write_whole(FOLDER / name, text)
        for file in FOLDER.glob("*.md"):
            if file.name not in rule_pages():
                file.unlink()
    told = "\n".join(f"docs/rules/{line}" for line in found)
    print(told or f"docs/rules is current: {len(rule_pages())} pages")
    return 1 if check and found else 0


if __name__ == "__main__":
    sys.exit(main())

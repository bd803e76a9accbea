"""python -m bench.pages: refresh what is generated in docs/: a page a rule, their list, and the list of hazards.

A page is made of the rule's own file alone (`pgmason.rules.explaining`), the list of hazards of docs/rules/hazards
(`bench.hazards`), so no page in docs/rules is edited by hand.
With --check nothing is written, and what is not current is told: exit 1.
"""

from __future__ import annotations

import sys
from pathlib import Path

from bench.arguments import Arguments
from bench.hazards import hazard_page
from pgmason.evidence import write_whole
from pgmason.rules import all_rules
from pgmason.rules.explaining import explanation_json, help_of
from pgmason.rules.rule import Rule

__all__ = ["differences", "rule_pages"]

FOLDER = Path(__file__).parents[1] / "docs" / "rules"
INDEX = "README.md"
HAZARDS = "HAZARDS.md"
_HAZARDS_MARK = "<!-- Written by `make docs` from docs/rules/hazards: edit those. -->\n"
MARK = "<!-- Written by `make docs` from the rule's own file in src/pgmason/rules: edit that one. -->\n"


def rule_pages() -> dict[str, str]:
    """File name -> text: the page of each rule, the index of them, and the hazards."""
    rules = all_rules()
    pages = {f"{rule.name}.md": _page(rule) for rule in rules}
    return {INDEX: _index(rules), HAZARDS: _HAZARDS_MARK + hazard_page(), **pages}


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
        " `pgmason explain RULE` shows the same pages. What can go wrong in a"
        f" migration, and which rule tells it: [{HAZARDS}]({HAZARDS}).\n\n"
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

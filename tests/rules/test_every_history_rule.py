"""What every rule over histories must keep to, and what each format's runner does with a step that comes late."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ruled import product

from pgmason.findings import Finding, Severity
from pgmason.formats import read_history
from pgmason.rules import check_history, history_rules
from pgmason.rules.history_rule import HistoryInput, HistoryRule

each_rule = pytest.mark.parametrize("rule", history_rules(), ids=lambda rule: rule.name)
MARKS = ("# file: ", "-- file: ")
DEPLOYED = " (deployed)"


def found(folder: Path, text: str, format: str | None = None) -> tuple[Finding, ...]:
    """What all history rules find in files written as a rule's examples are."""
    files: dict[str, list[str]] = {}
    deployed = set()
    for line in text.splitlines():
        mark = next((mark for mark in MARKS if line.startswith(mark)), None)
        if mark is not None:
            name = line.removeprefix(mark)
            files[name.removesuffix(DEPLOYED)] = []
            if name.endswith(DEPLOYED):
                deployed.add(name.removesuffix(DEPLOYED))
        else:
            files[next(reversed(files))].append(line)
    if any(name.startswith("versions/") for name in files):
        files["env.py"] = [""]
    for name, lines in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("\n".join([*lines, ""]), encoding="utf-8")
    history = read_history(folder, named=format)
    pending = [one for one in history.migrations if one.up.relative_to(folder).as_posix() not in deployed]
    judged = HistoryInput(product=product(root=folder), history=history, pending=frozenset(one.name for one in pending))
    return check_history(judged)


@each_rule
def test_the_bad_example_breaks_its_rule_once_and_no_other(rule: HistoryRule, tmp_path: Path) -> None:
    (finding,) = found(tmp_path, rule.bad)
    assert (finding.rule, finding.severity) == (rule.name, rule.severity)
    assert finding.place is not None
    assert (tmp_path / finding.place.file).is_file()


@each_rule
def test_the_good_example_keeps_every_rule(rule: HistoryRule, tmp_path: Path) -> None:
    assert found(tmp_path, rule.good) == ()


def test_heads_that_are_deployed_are_nobodys_to_mend(tmp_path: Path) -> None:
    (rule,) = (one for one in history_rules() if one.name == "several-heads")
    bad = rule.bad.replace(".py\n", ".py (deployed)\n").replace("(deployed) (deployed)", "(deployed)")
    assert found(tmp_path, bad) == ()


def test_branches_with_labels_of_their_own_are_apart_on_purpose_and_two_ends_of_one_are_not(tmp_path: Path) -> None:
    labelled = """\
# file: versions/1_shop.py (deployed)
revision, down_revision, branch_labels = "1a", None, None
revision = "1a"
branch_labels = ("shop",)
# file: versions/1_audit.py (deployed)
revision = "1b"
branch_labels = ("audit",)
# file: versions/2_shop.py
revision = "2a"
down_revision = "1a"
# file: versions/2_audit.py
revision = "2b"
down_revision = "1b"
"""
    assert found(tmp_path / "apart", labelled) == ()
    (finding,) = found(
        tmp_path / "again", labelled + '# file: versions/3_audit.py\nrevision = "3b"\ndown_revision = "1b"\n'
    )
    assert finding.message.endswith("stops there: 2_audit, 3_audit")


def test_a_merge_gives_a_history_one_end(tmp_path: Path) -> None:
    (rule,) = (one for one in history_rules() if one.name == "several-heads")
    merge = '# file: versions/3_merge.py\nrevision = "3d"\ndown_revision = ("2b", "2c")\n'
    assert found(tmp_path, rule.bad + merge) == ()


def test_each_app_of_django_has_one_end(tmp_path: Path) -> None:
    def migration(app: str, name: str, after: str = "") -> str:
        needs = [tuple(after.split("."))] if after else []
        head = f"# file: {app}/migrations/{name}.py\nclass Migration:\n"
        return head + f"    dependencies = {needs!r}\n    operations = []\n"

    first = '# file: manage.py\nimport os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n'
    first += "".join(f"# file: {app}/migrations/__init__.py\n" for app in ("shop", "audit"))
    first += migration("shop", "0001_initial") + migration("audit", "0001_initial", "shop.0001_initial")
    two = migration("shop", "0002_notes", "shop.0001_initial") + migration("shop", "0002_prices", "shop.0001_initial")
    assert found(tmp_path / "one", first) == ()
    (finding,) = found(tmp_path / "two", first + two)
    assert "manage.py migrate stops there: shop.0002_notes, shop.0002_prices" in finding.message
    assert finding.fix == "python manage.py makemigrations --merge"


LATE = [
    ("prisma", "{}/migration.sql", Severity.RISK, "runs it after that one"),
    ("updown", "{}/up.sql", Severity.RISK, "may pass it over"),
    ("dbmate", "{}.sql", Severity.RISK, "runs it after that one"),
    ("goose", "{}.sql", Severity.BREAK, "refuses to go on"),
    ("flyway", "V{}.sql", Severity.BREAK, "refuses to go on"),
    ("supabase", "{}.sql", Severity.BREAK, "refuses to go on"),
    ("node-pg-migrate", "{}.sql", Severity.BREAK, "refuses to go on"),
    ("golang-migrate", "{}.up.sql", Severity.BREAK, "never runs it there"),
]
MARKED = {"dbmate": "-- migrate:up\nSELECT 1;\n-- migrate:down\n", "goose": "-- +goose Up\nSELECT 1;\n"}


@pytest.mark.parametrize(("format", "name", "severity", "does"), LATE, ids=[one[0] for one in LATE])
def test_what_the_runner_does_with_a_late_one_is_said(
    format: str, name: str, severity: Severity, does: str, tmp_path: Path
) -> None:
    made = [("20260101100000_start", True), ("20260220090000_notes", False), ("20260301090000_prices", True)]
    text = ""
    for one, deployed in made:
        stem = one.replace("_", "__") if format == "flyway" else one
        text += f"-- file: {name.format(stem)}{DEPLOYED if deployed else ''}\n{MARKED.get(format, 'SELECT 1;')}\n"
    (finding,) = found(tmp_path, text, format)
    assert finding.severity is severity
    assert does in finding.message
    assert "20260301090000" in finding.message


def test_a_repeatable_script_of_flyways_comes_last_and_is_no_later_one(tmp_path: Path) -> None:
    text = "-- file: V1__start.sql (deployed)\nSELECT 1;\n-- file: R__views.sql (deployed)\nSELECT 1;\n"
    assert found(tmp_path, text + "-- file: V2__notes.sql\nSELECT 1;\n", "flyway") == ()


def test_drizzle_asks_for_the_moment_in_its_journal_and_not_for_the_place(tmp_path: Path) -> None:
    steps = [("0000_start", 1_700_000_000_000), ("0001_prices", 1_800_000_000_000), ("0002_notes", 1_750_000_000_000)]
    journal = {
        "dialect": "postgresql",
        "entries": [{"idx": n, "tag": tag, "when": when} for n, (tag, when) in enumerate(steps)],
    }
    text = f"-- file: meta/_journal.json\n{json.dumps(journal)}\n"
    text += "".join(
        f"-- file: {tag}.sql{DEPLOYED if tag != '0002_notes' else ''}\nSELECT {number};\n"
        for number, (tag, _) in enumerate(steps)
    )
    (finding,) = found(tmp_path, text, "drizzle")
    assert "0002_notes stands before 0001_prices" in finding.message
    assert "drizzle never runs it there" in finding.message

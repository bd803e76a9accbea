"""How the criteria over application code follow from what was found in it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from gate_input import Given, application

import pgmason.application
from pgmason.application import parse
from pgmason.config import Product
from pgmason.evidence import Gap, Status, Verdict
from pgmason.findings import Finding, Judged, Place, Severity, Standing
from pgmason.gate.criteria import all_criteria
from pgmason.gate.product_run import ProductRun
from pgmason.rules.code.code_not_read import not_installed

CRITERIA = {criterion.name: criterion for criterion in all_criteria()}
Make = Callable[..., Product]


def in_code(rule: str, standing: Standing = Standing.NEW, reason: str = "") -> Judged:
    finding = Finding(
        rule=rule,
        severity=Severity.RISK,
        object=None,
        message="pay(): is at fault",
        effect="something is lost",
        fix="mend it",
        place=Place(file="src/pay.ts", line=7),
    )
    return Judged(finding=finding, standing=standing, reason=reason)


def verdict(name: str, given: Given) -> Verdict:
    return CRITERIA[name].judge(given)


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("no-raw-sql", "sql-built-from-strings"),
        ("no-raw-sql", "raw-sql-beside-the-orm"),
        ("transactions-for-mutations", "writes-outside-a-transaction"),
        ("no-n-plus-one", "query-in-a-loop"),
    ],
)
def test_a_new_finding_refutes_and_is_named_with_its_place(name: str, rule: str, product: Make) -> None:
    seen = verdict(name, Given(product=product(), code_=(in_code(rule),)))
    assert (seen.status, seen.gap) == (Status.NOT_PROVEN, Gap.REFUTED)
    assert [(str(one.place), one.fix) for one in seen.failing] == [("src/pay.ts:7", "mend it")]


def test_a_waived_finding_is_waived_with_its_reason(product: Make) -> None:
    given = Given(product=product(), code_=(in_code("raw-sql-beside-the-orm", Standing.WAIVED, "a view"),))
    seen = verdict("no-raw-sql", given)
    assert (seen.status, seen.waived, seen.why) == (Status.WAIVED, 1, "1 waived: a view")


def test_code_without_a_finding_is_proven_but_for_loops_which_only_a_run_can_show(product: Make) -> None:
    given = Given(product=product(), application_=application("src/a.ts", "src/b.ts"))
    for name in ("no-raw-sql", "transactions-for-mutations"):
        seen = verdict(name, given)
        assert seen.status is Status.PROVEN
        assert seen.evidence is not None
        assert seen.evidence.read[0] == "2 files of application code"
    assert verdict("no-n-plus-one", given).gap is Gap.MISSING


def test_without_the_grammars_nothing_is_proven_and_the_command_is_told(product: Make) -> None:
    note = Judged(finding=not_installed(3), standing=Standing.NEW)
    for name in ("no-raw-sql", "transactions-for-mutations"):
        seen = verdict(name, Given(product=product(), code_=(note,)))
        assert (seen.status, seen.gap) == (Status.NOT_PROVEN, Gap.MISSING)
        assert seen.fix == "pip install 'pgmason[code]'"


def test_without_code_the_claims_are_about_nothing(product: Make) -> None:
    given = Given(product=product(), application_=application())
    assert verdict("no-raw-sql", given).status is Status.NOT_APPLICABLE
    assert verdict("transactions-for-mutations", given).status is Status.NOT_APPLICABLE


BUILT = "def find(cur, name):\n    cur.execute(f\"SELECT id FROM users WHERE name = '{name}'\")\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the test's own, so that no other run's cache answers."""
    monkeypatch.setenv("PGMASON_HOME", str(tmp_path / "home"))
    return tmp_path


def run_over(root: Path) -> ProductRun:
    return ProductRun(product=Product(name="shop", root=root, criteria={}), today=date(2026, 11, 24))


def test_a_file_that_has_not_changed_is_not_parsed_again(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = home / "shop"
    (root / "src").mkdir(parents=True)
    (root / "src" / "a.py").write_text(BUILT, encoding="utf-8")
    (root / "src" / "b.py").write_text("x = 1\n", encoding="utf-8")
    first = run_over(root).code_findings()
    assert [one.rule for one in first] == ["sql-built-from-strings"]

    parsed = []
    monkeypatch.setattr(pgmason.application, "parse", lambda file, text: parsed.append(file) or parse(file, text))
    (root / "src" / "b.py").write_text(BUILT, encoding="utf-8")
    again = run_over(root).code_findings()
    assert parsed == ["src/b.py"]
    assert first[0] in again
    assert len(again) == 2


def test_without_the_grammars_the_files_are_counted_and_the_command_is_told(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "a.py").write_text(BUILT, encoding="utf-8")
    monkeypatch.setattr(pgmason.application, "can_parse", lambda: False)
    (note,) = run_over(home).code_findings()
    assert (note.severity, note.fix) == (Severity.NOTE, "pip install 'pgmason[code]'")
    assert note.message == "1 file of application code is not read: the grammars are not installed"

"""The first screen fits 20 lines of 100 columns, whatever the product, and hides nothing that fails."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from pgmason.config import Level, Product, Where
from pgmason.evidence import Evidence, Execution, Failure, Gap, Status, Verdict
from pgmason.findings import Place
from pgmason.gate.criteria import all_criteria
from pgmason.gate.criterion import UNREAD, Criterion
from pgmason.gate.full import full_text, markdown
from pgmason.gate.run import GateResult, Judgement, Outcome
from pgmason.gate.screen import COLUMNS, LINES, first_screen, next_of
from pgmason.gate.words import display_width

EVIDENCE = Evidence(
    identified="done",
    executed=(Execution(what="looked", on="PostgreSQL 15.18 (system)", at="2026-11-20T10:00:00+00:00"),),
    read=("something",),
    expected="a",
    actual="b",
    claimed="c",
)
# Names and messages of other people: anything, of any length, over several lines, and with terminal escapes.
text = st.text(min_size=1, max_size=60) | st.sampled_from(
    ["表" * 200, "a\x1b[2J\nb", "\u202eevil", "é" * 99, "word " * 60, "a|b <b>c</b> `d` # e @f ::error::"]
)
places = st.builds(Place, file=text, line=st.integers(1, 10**6))
failures = st.builds(Failure, subject=text, what=text, place=st.none() | places, fix=st.none() | text)
notes = st.lists(text | text.map(UNREAD.__add__), max_size=5).map(tuple)
commands = st.none() | st.sampled_from(["pgmason check", "pgmason docs", "pgmason init"])


def extra(number: int) -> Criterion:
    """One more criterion, as later versions will have."""
    told = {"title": "One more", "identified": "one more", "brief": ("rules.1",), "judge": lambda self, run: None}
    return type(f"Extra{chr(97 + number)}", (Criterion,), told)()


CRITERIA = (*all_criteria(), *(extra(number) for number in range(20)))


@st.composite
def judgements(draw: st.DrawFn, criterion: Criterion, gaps: list[Gap | None]) -> Judgement:
    gap = draw(st.sampled_from(gaps)) if criterion.built else Gap.MISSING
    green = [status for status in Status if status is not Status.NOT_PROVEN]
    status = draw(st.sampled_from(green)) if gap is None else Status.NOT_PROVEN
    verdict = Verdict(
        criterion=criterion.name,
        status=status,
        gap=gap,
        why=draw(text),
        evidence=EVIDENCE if gap is not Gap.MISSING else None,
        failing=tuple(draw(st.lists(failures, min_size=1, max_size=12))) if gap is Gap.REFUTED else (),
        fix=draw(st.none() | text),
        next_command=draw(commands),
        known=draw(st.integers(0, 9999)) if status is Status.WAIVED else 0,
        waived=draw(st.integers(0, 9999)) if status is Status.WAIVED else 0,
        notes=draw(notes),
        could_prove=criterion.built and draw(st.booleans()),
    )
    return Judgement(
        criterion=criterion,
        level=draw(st.sampled_from([Level.REQUIRED, Level.ADVISED])),
        where=draw(st.sampled_from(Where)),
        verdict=verdict,
        since=draw(st.none() | st.just("2026-11-20")),
        unreached=draw(st.none() | text) if gap is not None else None,
    )


@st.composite
def results(draw: st.DrawFn) -> GateResult:
    # Random picks alone hardly ever make the crowded screen, where everything fails at once.
    chosen = draw(st.just(list(CRITERIA)) | st.lists(st.sampled_from(CRITERIA), unique=True))
    gaps = draw(st.sampled_from([[Gap.REFUTED], [Gap.MISSING], [Gap.REFUTED, Gap.MISSING], [None], [*Gap, None]]))
    ordered = [criterion for criterion in CRITERIA if criterion in chosen]
    name = draw(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,40}", fullmatch=True))
    return GateResult(
        product=Product(name=name, root=Path(), criteria={}),
        judgements=tuple(draw(judgements(criterion, gaps)) for criterion in ordered),
        off=tuple(draw(st.lists(st.sampled_from([c.name for c in all_criteria()]), max_size=3))),
        unkept=draw(st.none() | text),
        flag=f" --product {name}",
    )


def assert_fits(screen: str) -> None:
    lines = screen.split("\n")
    assert len(lines) <= LINES
    assert max(display_width(line) for line in lines) <= COLUMNS
    assert all(character.isprintable() for line in lines for character in line)


@given(results())
@settings(deadline=None, max_examples=80)
def test_the_first_screen_fits_and_opens_with_the_verdict_and_ends_with_what_to_type(result: GateResult) -> None:
    screen = first_screen([result])
    assert_fits(screen)
    lines = screen.split("\n")
    assert lines[0].startswith(f"GATE {result.outcome.upper()}")
    assert lines[-1].startswith("NEXT      pgmason ")


@given(results())
@settings(deadline=None, max_examples=80)
def test_the_first_screen_names_the_worst_failure_and_counts_them_all(result: GateResult) -> None:
    screen = first_screen([result])
    failing = [one for one in result.judgements if one.fails]
    if failing:
        refuted = [one for one in failing if one.verdict.gap is Gap.REFUTED]
        assert f"{len(failing)} fail" in screen.split("\n")[0]
        assert (refuted or failing)[0].criterion.name in screen
        assert sum(line.startswith("FAILS") for line in screen.split("\n")) >= 1


@given(results())
@settings(deadline=None, max_examples=80)
def test_the_first_screen_says_that_something_was_not_read(result: GateResult) -> None:
    unread = any(note.startswith(UNREAD) for one in result.judgements for note in one.verdict.notes)
    assert unread == any(line.startswith("NOT READ") for line in first_screen([result]).split("\n"))


@given(results(), results(), st.integers(1, 20), st.integers(0, 20))
@settings(deadline=None, max_examples=30)
def test_the_screen_of_a_repository_fits_and_shows_what_fails_first(
    one: GateResult, other: GateResult, ones: int, others: int
) -> None:
    several = [one] * ones + [other] * others
    if len(several) == 1:
        several *= 2
    screen = first_screen(several)
    assert_fits(screen)
    failing = [result for result in several if result.outcome is Outcome.FAILS]
    assert f"{len(failing)} of {len(several)} products fail" in screen.split("\n")[0]
    if failing:
        assert screen.split("\n")[0].startswith("GATE FAILS")
        assert screen.split("\n")[1].startswith("GATE FAILS")


@given(results())
@settings(deadline=None, max_examples=50)
def test_the_full_text_names_every_criterion_and_no_line_can_rewrite_the_terminal(result: GateResult) -> None:
    told = full_text([result])
    for judgement in result.judgements:
        assert f"  {judgement.criterion.name}  " in told
    assert all(character.isprintable() for line in told.split("\n") for character in line)


@given(results())
@settings(deadline=None, max_examples=50)
def test_markdown_of_other_peoples_text_has_no_tags_and_no_headings(result: GateResult) -> None:
    told = markdown([result])
    outside = [line for line in told.split("\n") if not line.startswith("  ")]
    assert not any("<" in line for line in outside)
    assert sum(line.startswith("#") for line in outside) == 2
    rows = [line.replace("\\\\", "").replace("\\|", "") for line in outside if line.startswith("|")]
    assert {row.count("|") for row in rows} <= {4}


def test_the_next_command_means_this_product() -> None:
    result = GateResult(product=Product(name="shop", root=Path(), criteria={}), judgements=(), flag=" --product shop")
    assert next_of(result)[0] == "pgmason gate --all --product shop"

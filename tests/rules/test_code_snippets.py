"""The rules over application code on snippets that were written to be hard, by hand, before the rules were run on them.

The first line says what is expected: `guilty: RULE` is one finding of that rule, `innocent: RULE` none though it looks
like one; `also RULE` is another that is rightly told. Every other finding is a failure.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from coded import ENDINGS, found_in

CASES = Path(__file__).with_name("code")
SNIPPETS = [(language, file) for language in ENDINGS for file in sorted((CASES / language).iterdir()) if file.is_file()]


@pytest.mark.parametrize(("language", "file"), SNIPPETS, ids=lambda one: getattr(one, "stem", one))
def test_a_snippet_has_the_findings_that_its_first_line_says_and_no_other(language: str, file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    said, *also = text.splitlines()[0].lstrip("/# ").split("; also ")
    verdict, rule = said.split(": ")
    expected = Counter([*also, *([rule] if verdict == "guilty" else [])])
    found = found_in(text, language, f"src/{file.name}")
    assert Counter(one.rule for one in found) == expected, [f"{one.place} {one.message}" for one in found]


# What is guilty and not told, each with the reason; the day it is told, it moves to the guilty ones.
GAPS = {
    "one write beside a whole transaction of the same function: it may be there on purpose": (
        "typescript",
        """\
export async function close(id: string) {
  await prisma.$transaction(async (tx) => {
    await tx.session.deleteMany({ where: { accountId: id } });
    await tx.token.deleteMany({ where: { accountId: id } });
  });
  await prisma.account.update({ where: { id }, data: { closed: true } });
}
""",
    ),
}


@pytest.mark.parametrize("why", GAPS)
def test_a_known_gap_is_still_one(why: str) -> None:
    language, text = GAPS[why]
    assert found_in(text, language) == ()


def test_there_are_as_many_guilty_as_innocent_in_each_language() -> None:
    counts = Counter((language, file.name.split("-")[0]) for language, file in SNIPPETS)
    assert counts == {(language, verdict): 25 for language in ENDINGS for verdict in ("guilty", "innocent")}

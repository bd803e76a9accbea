"""The SQL of a fix is quoted as the server itself would, and runs."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import sql
from ruled import autocommit

import pgmason.rules.fixes
import pgmason.rules.naming
from pgmason.catalog.keywords import COLUMN_NAME_WORDS, RESERVED_WORDS
from pgmason.catalog.model import Catalog
from pgmason.names import ObjectId
from pgmason.rules.fixes import fresh_name, identifier
from pgmason.rules.naming import Style, fits, respelled

NAMES = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), min_size=1, max_size=15)


@pytest.mark.parametrize("module", [pgmason.rules.fixes, pgmason.rules.naming], ids=lambda module: module.__name__)
def test_the_examples_in_docstrings_are_true(module):
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0


def test_every_word_that_the_server_quotes_is_known(server, database_on):
    database = database_on(server)
    words = dict(database.execute("SELECT word, catcode FROM pg_get_keywords() WHERE catcode <> 'U'"))
    assert {word for word, code in words.items() if code in "RT"} <= RESERVED_WORDS
    assert {word for word, code in words.items() if code == "C"} <= COLUMN_NAME_WORDS


def test_no_word_is_quoted_that_no_server_quotes(servers, database_on):
    words = {
        word for (word,) in database_on(servers(18)).execute("SELECT word FROM pg_get_keywords() WHERE catcode <> 'U'")
    }
    assert words == RESERVED_WORDS | COLUMN_NAME_WORDS


def test_a_name_means_itself_to_the_server_however_it_is_written(fresh_database):
    with autocommit(fresh_database().url) as connection:

        @given(NAMES)
        def means_itself(name: str) -> None:
            kept = name.encode()[:63].decode(errors="ignore")
            described = connection.execute(sql.SQL("SELECT 1 AS {}").format(sql.SQL(identifier(name)))).description  # type: ignore[arg-type]
            assert described is not None
            assert described[0].name == kept
            assert identifier(name).isprintable()

        means_itself()


@given(NAMES, st.integers(0, 12))
def test_a_fresh_name_is_short_enough_and_taken_by_nobody(wanted, count):
    taken: dict[ObjectId, None] = {}
    for _ in range(count):
        name = fresh_name(Catalog(objects=taken, comments={}), "s", wanted * 10)
        assert len(name.encode()) <= 63
        assert ObjectId("index", ("s", name)) not in taken
        taken[ObjectId("index", ("s", name))] = None


@given(
    st.lists(st.from_regex(r"[a-z]{2,8}", fullmatch=True), min_size=2, max_size=5), st.sampled_from(list(Style)[1:5])
)
def test_words_are_at_home_in_the_style_they_are_put_in(words, style):
    assert fits(respelled("_".join(words), style), style)

"""The migration folders of real products: as many steps, in the order, that their own runners see."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pgmason.formats import Transaction, read_history

pytestmark = pytest.mark.corpus


# (folder, format, UPs, DOWNs), counted by hand with `find` in the corpus.
@pytest.mark.parametrize(
    ("folder", "format", "ups", "downs"),
    [
        ("prisma/umami/migrations", "prisma", 19, 0),
        ("prisma/hoppscotch/migrations", "prisma", 21, 0),
        ("prisma/langfuse/migrations", "prisma", 434, 0),
        ("prisma/trigger/migrations", "prisma", 820, 0),
        ("updown/cratesio", "updown", 285, 285),
        ("updown/chirpstack", "updown", 31, 31),
        ("updown/concourse", "updown", 149, 148),
        ("alembic-rendered/open-assistant", "updown", 49, 0),
    ],
)
def test_every_step_of_a_product_is_read(corpus: Path, folder: str, format: str, ups: int, downs: int) -> None:
    history = read_history(corpus / folder)
    assert history.format == format
    assert len(history.migrations) == ups
    assert sum(step.down is not None for step in history.migrations) == downs
    for step in history.migrations:
        assert step.up_text() or step.up.stat().st_size == 0


def test_names_with_a_space_or_ending_in_sql_are_steps_in_their_place(corpus: Path) -> None:
    names = [step.name for step in read_history(corpus / "prisma/langfuse/migrations").migrations]
    assert names == sorted(names, key=os.fsencode)
    assert "20240126184148_new_models copy" in names
    assert "20250517273700_add_table_view_presets.sql" in names


def test_concourse_s_gaps_are_told(corpus: Path) -> None:
    notes = read_history(corpus / "updown/concourse").notes
    told = "\n".join(notes)
    assert "1554469235_add_new_inputs_to_jobs.up.sql and 1554469235_add_new_inputs_to_job.down.sql" in told
    assert (
        "DOWN file without an UP: 1522178770_add_job_tags.down.sql, 1561558376_add_type_to_resources.down.sql" in told
    )
    assert "no DOWN: 1537546150_global_resource_version_history" in told
    assert "version 1626194317 is shared" in told
    assert len(notes) == 4


def test_diesel_s_steps_that_want_no_transaction_are_known(corpus: Path) -> None:
    steps = read_history(corpus / "updown/cratesio").migrations
    whole = [step for step in steps if step.transaction is Transaction.WHOLE_FILE_IMPLICIT]
    assert len(whole) == 7
    assert all("concurrently" in step.up_text().lower() for step in whole)

"""Rules on real products: few words for one cause, and every fix that is shown runs and mends what it is shown for."""

from __future__ import annotations

import pytest
from ruled import autocommit, run, verdict

from pgmason.findings import Severity

PRODUCTS = {
    "umami": ("prisma/umami/migrations", "*/migration.sql", ()),
    "hoppscotch": ("prisma/hoppscotch/migrations", "*/migration.sql", ()),
    "chirpstack": ("updown/chirpstack", "*/up.sql", ("pg_trgm", "hstore")),
}


@pytest.fixture
def product_database(request, corpus, fresh_database):
    folder, pattern, extensions = PRODUCTS[request.param]
    files = sorted((corpus / folder).glob(pattern))
    assert files
    database = fresh_database()
    with autocommit(database.url) as connection:
        for extension in extensions:
            connection.execute(f"CREATE EXTENSION {extension}")
        for file in files:
            run(connection, file.read_text(encoding="utf-8"))
    return database


@pytest.mark.corpus
@pytest.mark.parametrize("product_database", PRODUCTS, indirect=True)
def test_every_fix_for_a_real_product_runs_and_mends_its_finding(product_database):
    findings = verdict(product_database.read_catalog())
    failing = {finding.fingerprint for finding in findings if finding.severity is not Severity.NOTE}
    worded = {finding.fingerprint for finding in findings if finding.fix and "choose a name" in finding.fix}
    with autocommit(product_database.url) as connection:
        for finding in findings:
            run(connection, finding.fix or "")
            connection.execute("RESET ALL")
    left = {finding.fingerprint for finding in verdict(product_database.read_catalog())}
    assert len(failing) > 15
    assert left & failing == worded


@pytest.mark.corpus
@pytest.mark.parametrize("product_database", PRODUCTS, indirect=True)
def test_a_real_product_hears_each_note_once(product_database):
    notes = [one for one in verdict(product_database.read_catalog()) if one.severity is Severity.NOTE]
    assert len(notes) == len({(one.rule, one.detail) for one in notes})
    assert all(one.object is None for one in notes)

"""What a cache keeps of a catalog is the catalog."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from round_trip import make_roles, round_trip

from pgmason.catalog.canonical import catalog_to_json, packed, unpacked
from pgmason.catalog.kinds import all_kinds
from pgmason.postgres.server import Server


def test_a_packed_catalog_of_every_kind_comes_back_the_same(server: Server) -> None:
    make_roles(server, ("torture_owner", "torture_reader"))
    catalog = round_trip(server, (Path(__file__).parent / "torture.sql").read_text(encoding="utf-8")).before
    assert len({one.kind for one in catalog.objects}) >= len(all_kinds()) - 1
    back = unpacked(json.loads(json.dumps(packed(catalog))))
    assert back == catalog
    assert catalog_to_json(back) == catalog_to_json(catalog), "with the server and the order of grants"


def test_what_other_code_packed_is_refused(server: Server) -> None:
    document = json.loads(json.dumps(packed(round_trip(server, "CREATE TABLE t (a integer);").before)))
    document["objects"]["table"][0].append("a_field_of_another_version")
    with pytest.raises(ValueError, match="argument"):
        unpacked(document)

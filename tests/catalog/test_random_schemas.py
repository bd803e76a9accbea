"""Whatever schema there is, what is exported and made anew is the same."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from drawn_schemas import ROLES, scripts
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from round_trip import make_roles, round_trip

from pgmason.plan.diff import diff
from pgmason.postgres.server import Server

MAJORS = (15, 18)
EXAMPLES = int(os.environ.get("PGMASON_RANDOM_SCHEMAS", "20"))  # a major; python -m bench.random_schemas runs thousands


@pytest.mark.parametrize("major", MAJORS)
def test_any_schema_made_anew_is_the_same(servers: Callable[[int], Server], major: int) -> None:
    server = servers(major)
    make_roles(server, ROLES)

    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(script=st.deferred(lambda: scripts(major)))
    def holds(script: list[str]) -> None:
        trip = round_trip(server, script)
        trip.require_the_same()
        assert diff(trip.before, trip.after) == ()

    holds()

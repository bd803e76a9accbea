"""Leases that want clones ahead end with the command, and ask for all of them at once."""

from __future__ import annotations

from pgmason.postgres.farewells import later, together


def test_the_last_to_leave_a_server_asks_for_all_that_is_wanted_there() -> None:
    said: list[tuple[str, list[str]]] = []

    def goodbye(name: str) -> object:
        return lambda ahead: said.append((name, sorted(ahead)))

    with together():
        assert later("a server", goodbye("trace"), ["rows"])  # type: ignore[arg-type]
        assert later("another", goodbye("other"), ["else"])  # type: ignore[arg-type]
        assert later("a server", goodbye("read"), ["before"])  # type: ignore[arg-type]
        assert said == []
    assert said == [("trace", []), ("read", ["before", "rows"]), ("other", ["else"])]


def test_who_wants_nothing_or_is_no_command_leaves_at_once() -> None:
    assert not later("a server", lambda _: None, ["rows"])
    with together():
        assert not later("a server", lambda _: None, [])

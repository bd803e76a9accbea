"""A few of the attacks of tests/effects/hostile, by a replay and by a trace; bench.hostile tries them all."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from bench.commands import Home, temporary_folder
from bench.hostile import RESULTS, WAYS, Attack, Guard, attacks, guard, tried

from bench import hostile

SAMPLE = (
    "disk_by_sorting",
    "drop_one_note",
    "drop_what_it_owns",
    "event_trigger_on_what_is_elevated",
    "file_functions",
    "lock_itself_out",
    "program_by_copy",
    "settings_for_all",
    "shadow_operators",
    "terminate_itself",
)
MAJOR = 18  # the wheel's: it is on every machine


@pytest.fixture(scope="module")
def watching() -> Iterator[Guard]:
    """On a server of its own: roles that other tests make meanwhile are no fault of an attack's."""
    with pytest.MonkeyPatch.context() as patch, temporary_folder("attacks") as work:
        home = Home.made(work / "home")
        patch.setenv("PGMASON_HOME", str(home.folder))
        try:
            with guard(MAJOR) as one:
                yield one
        finally:
            home.stop()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("attack", [one for one in attacks() if one.name in SAMPLE], ids=lambda one: one.name)
def test_an_attack_is_contained(attack: Attack, way: str, watching: Guard, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in hostile.LIMITS.items():
        monkeypatch.setenv(name, value)
    assert tried(attack, way, watching, MAJOR)["faults"] == []


def test_every_attack_was_tried_and_contained() -> None:
    """The committed results of the whole run."""
    assert len(attacks()) >= 40
    assert set(SAMPLE) <= {attack.name for attack in attacks()}
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    for server, of_server in results.items():
        for attack in attacks():
            for way in WAYS:
                one = of_server["attacks"].get(f"{attack.name}, {way}")
                assert one is not None, f"{attack.name} was not tried on {server}"
                assert one["digest"] == attack.digest, f"{attack.name} is another one than was tried on {server}"
                assert one["faults"] == [], f"{attack.name} on {server}"

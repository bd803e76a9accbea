"""What is kept of readings is bounded, and what is in use stays."""

from __future__ import annotations

import os
from pathlib import Path

from pgmason.postgres.readings import keep_reading, use_reading


def test_the_least_recently_used_make_room(tmp_path: Path) -> None:
    for age, name in enumerate(("used", "old", "older", "newest")):
        keep_reading(tmp_path / name, "x" * 100)
        os.utime(tmp_path / name, (1_000_000 + age, 1_000_000 + age))
    assert use_reading(tmp_path / "used") == "x" * 100
    keep_reading(tmp_path / "now", "x" * 100, limit_bytes=300)
    assert {one.name for one in tmp_path.iterdir()} == {"used", "newest", "now"}


def test_one_that_is_larger_than_all_room_is_kept_alone(tmp_path: Path) -> None:
    keep_reading(tmp_path / "small", "x")
    keep_reading(tmp_path / "large", "x" * 1000, limit_bytes=100)
    assert [one.name for one in tmp_path.iterdir()] == ["large"]

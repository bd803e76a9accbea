"""What tests of pipelines share: the command as a person types it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pgmason.cli import run


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Exit code, stdout and stderr of `pgmason pipeline` with these arguments."""

    def type_(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run(["pipeline", *arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return type_

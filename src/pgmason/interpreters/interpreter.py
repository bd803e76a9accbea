"""What do a product's Python and its Node have in common?

Each is a program of the product's, found for one folder, that runs our drivers and answers in JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pgmason.interpreters.children import SECONDS, Answer, ask_child
from pgmason.interpreters.environment import NOWHERE

__all__ = ["Interpreter"]

_DRIVERS = Path(__file__).with_name("drivers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreter:
    """An interpreter for one product: its `path`, the product's folder and settings, and a `fingerprint`."""

    path: Path
    folder: Path
    settings: Mapping[str, str]
    fingerprint: str

    @property
    def options(self) -> tuple[str, ...]:
        """What stands between the program and the driver."""
        return ()

    def mending(self, failure: Mapping[str, Any]) -> str:
        """What to do where a program could not even begin; `failure` is as a driver tells it."""
        kind, message = failure["type"], str(failure["message"])
        if kind in ("SyntaxError", "IndentationError", "TabError"):
            return "mend that line; nothing after it was run"
        if kind == "ModuleNotFoundError":
            named = message.partition("'")[2].partition("'")[0]
            top = named.partition(".")[0]
            places = (self.folder / top, self.folder / "src" / top, self.folder / f"{top}.py")
            if top and any(place.exists() for place in places):
                return f"{top} is the product's own, and has no such module: a name is misspelt, or a file is missing"
            return f'it ran with {self.path}; another one is named in pgmason.toml: python = ".venv/bin/python"'
        return (
            "it runs without your environment's variables; what it needs and is no secret is named in pgmason.toml:"
            ' environment = { SECRET_KEY = "anything" }'
        )

    def ask(
        self,
        driver: str,
        job: Mapping[str, Any],
        *,
        what: str,
        url: str = NOWHERE,
        seconds: float = SECONDS,
        watch: Callable[[], str | None] = lambda: None,
    ) -> Answer:
        """Run one of our drivers (a file name) in this interpreter. Raises ProgramFailed."""
        return ask_child(
            lambda jobfile: [str(self.path), *self.options, str(_DRIVERS / driver), str(jobfile)],
            job,
            what=what,
            folder=self.folder,
            url=url,
            settings=self.settings,
            seconds=seconds,
            watch=watch,
        )

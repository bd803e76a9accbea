"""Which products does this repository hold, and what does pgmason.toml say of each?

Reads `pgmason.toml` (or `[tool.pgmason]` of pyproject.toml) into a `Workspace` of `Product`s. Every key has a
default; an unknown key, a wrong type or an unknown word is a ConfigurationError that names the key and what
would fit. Finding products where no file says so is `products.py`; nothing here connects to anything.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

from pgmason.errors import ConfigurationError, NextCommand

__all__ = [
    "CriterionSetting",
    "EngineSetting",
    "Level",
    "Naming",
    "Product",
    "Waiver",
    "Where",
    "Workspace",
    "find_workspace",
    "read_workspace",
]

FORMATS = (
    "prisma", "alembic", "node-pg-migrate", "updown", "supabase", "drizzle", "dbmate", "goose",
    "golang-migrate", "flyway", "django",
)  # fmt: skip
ENGINES = ("local", "processes", "spark")
PLATFORMS = ("supabase", "neon", "rds", "cloudsql", "none")


class Level(StrEnum):
    """How much a criterion weighs in a product's gate."""

    REQUIRED = "required"
    ADVISED = "advised"
    OFF = "off"


class Where(StrEnum):
    """Where a criterion is proven."""

    DESK = "desk"
    PULL_REQUEST = "pull-request"
    NIGHTLY = "nightly"
    MONTHLY = "monthly"


class Naming(StrEnum):
    """Which convention names are held to."""

    BRIEF = "brief"  # snake_case in the database, PascalCase models
    FOUND = "found"  # the product's own majority


@dataclass(frozen=True, slots=True, kw_only=True)
class CriterionSetting:
    """`[products.NAME.criteria]`: an override of one criterion's level or place; None keeps its own."""

    level: Level | None = None
    where: Where | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """`[[products.NAME.waive]]`: findings of `rule` (on `object`, a shell pattern over names) that are accepted.

    A waiver needs a reason; after `until` it silences nothing and is reported.
    """

    rule: str
    object: str = "*"
    reason: str
    until: date | None = None

    def holds_on(self, today: date) -> bool:
        """Whether the waiver is still in force."""
        return self.until is None or today <= self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSetting:
    """What runs the product's pipelines, unless the command line says. `settings` are Spark's own, by their names."""

    name: str = "local"  # local | processes | spark
    workers: int | None = None
    master: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One product. Paths are as written: `docs` relative to the workspace's root, all else to `path`.

    `environment` is what the product's own programs find in theirs; it is committed, so it holds no secret.
    """

    name: str
    root: Path
    path: str = "."
    schema: str | None = None
    migrations: str | None = None
    format: str | None = None
    python: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    postgres: str = "15"
    platform: str = "none"
    external: tuple[str, ...] = ()
    ids: str = "uuid"
    down: str = "data"
    naming: Naming = Naming.BRIEF
    style: tuple[str, ...] = ()
    app: tuple[str, ...] = ()
    pipelines: str | None = None
    engine: EngineSetting = field(default_factory=EngineSetting)
    docs: str = "docs/DATA-MODEL.md"
    describe: str = (
        "counted"  # counted | required: whether a table or column without a description fails `docs --check`
    )
    criteria: Mapping[str, CriterionSetting]
    waive: tuple[Waiver, ...] = ()

    @property
    def home(self) -> Path:
        """The product's folder."""
        return self.root / self.path

    @property
    def docs_file(self) -> Path:
        """Where DATA-MODEL.md is, or will be."""
        return self.root / self.docs

    @property
    def state(self) -> Path:
        """The folder of this product's baseline and evidence."""
        return self.root / ".pgmason" / self.name

    @property
    def major(self) -> int:
        """Production's major version."""
        return int(self.postgres)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """A repository: its root, the file that configures it (None where it was only found), its products by name."""

    root: Path
    file: Path | None
    products: Mapping[str, Product]

    def product(self, name: str | None) -> Product:
        """The product of that name, or the only one there is."""
        if name is None and len(self.products) == 1:
            return next(iter(self.products.values()))
        known = ", ".join(sorted(self.products)) or "none"
        if name is None:
            raise ConfigurationError(
                f"this repository holds several products: {known}",
                where=str(self.file or self.root),
                next=[NextCommand(command=f"--product {sorted(self.products)[0]}", why="names the one that is meant")],
            )
        if name not in self.products:
            raise ConfigurationError(
                f"no product is named {name!r}; there is: {known}", where=str(self.file or self.root)
            )
        return self.products[name]


def find_workspace(start: Path) -> Path | None:
    """The file that configures the repository around `start`: the nearest one upwards, up to the checkout's root."""
    for folder in (start, *start.parents):
        if (folder / "pgmason.toml").is_file():
            return folder / "pgmason.toml"
        pyproject = folder / "pyproject.toml"
        if pyproject.is_file() and "pgmason" in _parsed(pyproject).get("tool", {}):
            return pyproject
        if (folder / ".git").exists():
            return None
    return None


def read_workspace(file: Path) -> Workspace:
    """The workspace that a file describes. Raises ConfigurationError."""
    document = _parsed(file)
    table = document.get("tool", {}).get("pgmason", {}) if file.name == "pyproject.toml" else document
    root = file.parent.resolve()
    _only_known(table, ("products",), str(file))
    products = table.get("products", {})
    if not isinstance(products, dict) or not all(isinstance(product, dict) for product in products.values()):
        raise ConfigurationError("`products` must be tables: [products.NAME]", where=str(file))
    return Workspace(
        root=root,
        file=file,
        products={name: _product(name, settings, root, str(file)) for name, settings in products.items()},
    )


def _parsed(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as exc:
        raise ConfigurationError(f"cannot be read: {exc.strerror}", where=str(file)) from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise ConfigurationError(f"is not TOML: {exc}", where=str(file)) from exc


def _product(name: str, settings: Mapping[str, Any], root: Path, file: str) -> Product:
    where = f"{file}: products.{name}"
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
        raise ConfigurationError("a product's name is letters, digits, '.', '_' and '-'", where=where)
    known = {f.name for f in fields(Product)} - {"name", "root"} | {"rehearse"}
    _only_known(settings, known, where)
    values: dict[str, Any] = {}
    for key in ("path", "schema", "migrations", "python", "pipelines", "docs"):
        if key in settings:
            values[key] = _text(settings[key], f"{where}.{key}")
    if "postgres" in settings:
        values["postgres"] = _word(str(settings["postgres"]), ("13", "14", "15", "16", "17", "18"), f"{where}.postgres")
    for key, words in (
        ("format", FORMATS),
        ("platform", PLATFORMS),
        ("ids", ("uuid", "serial")),
        ("down", ("data", "schema", "none")),
        ("describe", ("counted", "required")),
    ):
        if key in settings:
            values[key] = _word(settings[key], words, f"{where}.{key}")
    if "naming" in settings:
        values["naming"] = Naming(_word(settings["naming"], tuple(Naming), f"{where}.naming"))
    for key in ("external", "app", "style"):
        if key in settings:
            values[key] = _texts(settings[key], f"{where}.{key}")
    if "environment" in settings:
        table = _table(settings["environment"], f"{where}.environment")
        values["environment"] = {name: _text(value, f"{where}.environment.{name}") for name, value in table.items()}
    if "engine" in settings:
        values["engine"] = _engine(settings["engine"], f"{where}.engine")
    values["criteria"] = {
        criterion: _criterion(setting, f"{where}.criteria.{criterion}")
        for criterion, setting in _table(settings.get("criteria", {}), f"{where}.criteria").items()
    }
    waivers = settings.get("waive", [])
    if not isinstance(waivers, list):
        raise ConfigurationError("must be tables: [[products.NAME.waive]]", where=f"{where}.waive")
    values["waive"] = tuple(_waiver(waiver, f"{where}.waive[{i}]") for i, waiver in enumerate(waivers))
    return Product(name=name, root=root, **values)


def _engine(setting: Any, where: str) -> EngineSetting:
    table = _table(setting if isinstance(setting, dict) else {"name": setting}, where)
    _only_known(table, ("name", "workers", "master", "settings"), where)
    workers = table.get("workers")
    if workers is not None and not (type(workers) is int and 1 <= workers <= 256):
        raise ConfigurationError("`workers` is a number from 1 to 256", where=where)
    told = _table(table.get("settings", {}), f"{where}.settings")
    return EngineSetting(
        name=_word(table.get("name", "local"), ENGINES, f"{where}.name"),
        workers=workers,
        master=_text(table["master"], f"{where}.master") if "master" in table else None,
        settings={name: _text(value, f"{where}.settings.{name}") for name, value in told.items()},
    )


def _criterion(setting: Any, where: str) -> CriterionSetting:
    table = _table(setting if isinstance(setting, dict) else {"level": setting}, where)
    _only_known(table, ("level", "where"), where)
    return CriterionSetting(
        level=Level(_word(table["level"], tuple(Level), f"{where}.level")) if "level" in table else None,
        where=Where(_word(table["where"], tuple(Where), f"{where}.where")) if "where" in table else None,
    )


def _waiver(waiver: Any, where: str) -> Waiver:
    table = _table(waiver, where)
    _only_known(table, ("rule", "object", "reason", "until"), where)
    if not str(table.get("reason", "")).strip():
        raise ConfigurationError("a waiver needs a reason", where=where, fix='reason = "why this is accepted"')
    if "rule" not in table:
        raise ConfigurationError(
            "a waiver names its rule", where=where, next=[NextCommand(command="pgmason explain", why="lists the rules")]
        )
    until = table.get("until")
    if until is not None and not (isinstance(until, date) and type(until) is date):
        raise ConfigurationError("`until` is a date: 2027-03-01", where=where)
    return Waiver(
        rule=_text(table["rule"], f"{where}.rule"),
        object=_text(table.get("object", "*"), f"{where}.object"),
        reason=_text(table["reason"], f"{where}.reason"),
        until=until,
    )


def _only_known(table: Mapping[str, Any], known: Any, where: str) -> None:
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(key, list(known), n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(sorted(known))}"
            raise ConfigurationError(f"unknown key {key!r}{hint}", where=where)


def _table(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ConfigurationError("must be a table", where=where)
    return value


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str) or not value:
        raise ConfigurationError(f"must be text, not {value!r}", where=where)
    return value


def _texts(value: Any, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ConfigurationError("must be a list of texts", where=where)
    return tuple(value)


def _word(value: Any, words: tuple[str, ...], where: str) -> str:
    if value not in words:
        raise ConfigurationError(f"{value!r} is not one of {', '.join(words)}", where=where)
    return str(value)

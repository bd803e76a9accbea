"""Which products does this repository hold, where no pgmason.toml says so, and what would it say of each?

A product is a folder of migrations in a known format, a schema.prisma for PostgreSQL, or plain SQL that makes a
schema. Each setting comes with the sentence that explains it, and what was seen and passed over is told. Nothing
is executed and no server is asked; what only a catalog can tell comes later, by `settings_from_catalog`.

    walk.py            the bounded look at folders
    projects.py        whose folder a path is, and its code
    prisma_schemas.py  schema.prisma and where its migrations are
    sqlalchemy_models.py  the metadata of SQLAlchemy models
    sql_files.py       plain SQL, and SQL for other databases
    major.py           production's PostgreSQL
    platforms.py       what hosts it
    found.py           what is handed over, and pgmason.toml's text
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from itertools import chain, count
from pathlib import Path

from pgmason.errors import PgmasonError, UnknownSource
from pgmason.formats import History, find_format
from pgmason.names import printable
from pgmason.products.found import Exploration, FoundProduct, Setting, configuration_text, workspace_of
from pgmason.products.major import MAJORS, postgres_major
from pgmason.products.majority import settings_from_catalog
from pgmason.products.platforms import platform_of
from pgmason.products.prisma_schemas import PrismaSchema, prisma_schemas
from pgmason.products.projects import Project, code_folders, names_sqlalchemy, product_name, project_of, small_text
from pgmason.products.sql_files import dumped_major, named_for_another, sql_schemas, written_for_another
from pgmason.products.sqlalchemy_models import models_of
from pgmason.products.walk import Folder, Tree, above, for_tests, joined, relative, walk

__all__ = [
    "Exploration",
    "FoundProduct",
    "configuration_text",
    "explore",
    "find_products",
    "settings_from_catalog",
    "workspace_of",
]


# Formats whose folder speaks for all the folders below it.
_WHOLE = ("django", "flyway")


@dataclass(slots=True, kw_only=True)
class _Draft:
    """A product in the making; paths below the root."""

    project: Project
    schema: str | None = None  # a SOURCE's prefix and a path below the root
    schema_reason: str = ""
    migrations: str | None = None
    history: History | None = None
    evidence: str = ""  # what was seen in the folder of migrations
    notes: list[str] = field(default_factory=list)

    @property
    def order(self) -> tuple[str, str, str]:
        return (self.project.home, self.schema or "", self.migrations or "")


def find_products(root: Path) -> tuple[FoundProduct, ...]:
    """The products of a repository, sorted by path. Raises WrongUse where `root` cannot be listed."""
    return explore(root).products


def explore(root: Path) -> Exploration:
    """The products of a repository, and what was passed over and why. Raises WrongUse as `find_products` does."""
    tree = walk(root)
    notes = list(tree.notes)
    histories = _histories(tree, notes)
    drafts = [_prisma_draft(schema, histories) for schema in prisma_schemas(tree, notes)]
    for path, (history, evidence) in histories.items():
        if all(draft.migrations != path for draft in drafts):
            project = project_of(tree, path)
            drafts.append(_Draft(project=project, migrations=path, history=history, evidence=evidence))
    drafts += _model_drafts(tree, [draft.project.home for draft in drafts])
    taken = [draft.project.home for draft in drafts]
    for pattern, reason in sql_schemas(tree, taken, notes):
        project = project_of(tree, pattern.rpartition("/")[0] or ".")
        drafts.append(_Draft(project=project, schema=f"sql:{pattern}", schema_reason=reason))
    if len(drafts) > 1:
        for draft in drafts:
            draft.project = _own_home(draft)
    drafts.sort(key=lambda draft: draft.order)
    names = _names(drafts, root)
    products: list[FoundProduct] = []
    for draft, name in zip(drafts, names, strict=True):
        used = {str(product.settings["docs"]) for product in products}
        products.append(_product(tree, draft, name, _docs(tree, draft.project.home, name, len(drafts) > 1, used)))
    _add_models(tree, products, notes)
    return Exploration(root=root, products=tuple(products), notes=tuple(printable(note) for note in notes))


def _own_home(draft: _Draft) -> Project:
    """Where no manifest says whose folder it is, and there are several: the folder that holds it all."""
    if draft.project.manifest is not None or draft.project.home != ".":
        return draft.project
    if draft.schema is not None:
        home = draft.schema.partition(":")[2].rpartition("/")[0] or "."
    else:
        path = draft.migrations or "."
        parent, _, own = path.rpartition("/")
        home = (parent or ".") if "migrat" in own.lower() else path
    holds_all = draft.migrations is None or home == "." or f"{draft.migrations}/".startswith(f"{home}/")
    why = "it holds all of it, and no package.json, pyproject.toml, Cargo.toml or go.mod is above"
    return replace(draft.project, home=home, why=why) if holds_all else draft.project


def _histories(tree: Tree, notes: list[str]) -> dict[str, tuple[History, str]]:
    """Every folder of migrations for PostgreSQL and what was seen in it, by path below the root."""
    found: dict[str, tuple[History, str]] = {}
    tests: list[str] = []
    for folder in tree.folders.values():
        if not _may_hold_migrations(tree, folder):
            continue
        if for_tests(folder.path):
            tests.append(folder.path)
            continue
        if any(found[outer][0].format in _WHOLE for outer in above(folder.path) if outer in found):
            continue
        try:
            format = find_format(tree.root / folder.path)
            if (other := named_for_another(folder.path)) is not None:
                notes.append(f"passed over, its path names {other}: {folder.path}")
                continue
            history = format.read(tree.root / folder.path)
            texts = (small_text(history.migrations[at].up) or "" for at in ((0, -1) if history.migrations else ()))
            if (other := next(filter(None, map(written_for_another, texts)), None)) is not None:
                notes.append(f"passed over, its SQL is for {other}: {folder.path}")
                continue
            found[folder.path] = history, format.looks_like(history.folder) or ""
        except UnknownSource:
            continue
        except PgmasonError as exc:
            notes.append(f"passed over: {folder.path}: {exc.what}")
    if tests:
        more = f" and {len(tests) - 1} more like it" if len(tests) > 1 else ""
        notes.append(f"passed over, among tests: {tests[0]}{more}")
    return found


def _may_hold_migrations(tree: Tree, folder: Folder) -> bool:
    """Whether it is worth asking the formats: cheap, and wide enough for each of them."""
    files = folder.files
    if "migration_lock.toml" in files or "manage.py" in files or ("env.py" in files and "versions" in folder.folders):
        return True
    if any(name.endswith(".up.sql") for name in files):
        return True
    if "meta" in folder.folders and tree.has_file(joined(joined(folder.path, "meta"), "_journal.json")):
        return True
    inner = (tree.folders.get(joined(folder.path, name)) for name in folder.folders)
    if any("up.sql" in step.files or "migration.sql" in step.files for step in inner if step is not None):
        return True
    # Numbered .sql files are migrations only where the folder says so: seeds and reports are numbered, too.
    own = folder.path.rpartition("/")[2] if folder.path != "." else tree.root.resolve().name
    return "migrat" in own.lower()


def _prisma_draft(schema: PrismaSchema, histories: dict[str, tuple[History, str]]) -> _Draft:
    draft = _Draft(project=schema.project, schema=f"prisma:{schema.path}", schema_reason=schema.reason)
    place = next((place for place in schema.places if place in histories), None)
    if place is None:
        draft.notes.append(f"no migrations in {schema.places[0]}: the schema is what {schema.path} says")
    else:
        draft.migrations = place
        draft.history, draft.evidence = histories[place]
    return draft


def _product(tree: Tree, draft: _Draft, name: str, docs: tuple[str, str]) -> FoundProduct:
    home = draft.project.home
    settings: dict[str, Setting] = {}
    reasons: dict[str, str] = {"path": draft.project.why}
    if draft.schema is not None:
        prefix, _, path = draft.schema.partition(":")
        settings["schema"] = f"{prefix}:{relative(path, home)}"
        reasons["schema"] = draft.schema_reason
    if draft.migrations is not None and draft.history is not None:
        settings["migrations"] = relative(draft.migrations, home)
        settings["format"] = draft.history.format
        reasons["migrations"] = _migrations_reason(draft)
        reasons["format"] = "seen in that folder"
        settings["down"], reasons["down"] = "data", _down_reason(draft.history)
    platform = platform_of(tree, home, draft.history.format if draft.history is not None else None, draft.notes)
    if platform is not None:
        settings["platform"], reasons["platform"] = platform
    settings["postgres"], reasons["postgres"] = postgres_major(tree.root, tree.root / home)
    dumped = dumped_major(tree, (draft.schema or "").removeprefix("sql:"))
    if dumped in MAJORS and reasons["postgres"].startswith("the default"):
        settings["postgres"], reasons["postgres"] = dumped, f"pg_dump read a database of PostgreSQL {dumped}"
    app = code_folders(tree, home)
    if app:
        settings["app"] = app
        reasons["app"] = f"code in TypeScript, JavaScript or Python below {home if home != '.' else 'the root'}"
    if joined(home, "src/pipelines") in tree.folders:
        settings["pipelines"] = "src/pipelines"
        reasons["pipelines"] = "the folder exists"
    settings["docs"], reasons["docs"] = docs
    notes = [*draft.notes, *(draft.history.notes if draft.history is not None else ())]
    told = {key: printable(reason) for key, reason in reasons.items()}
    return FoundProduct(name=name, path=home, settings=settings, reasons=told, notes=tuple(notes))


def _down_reason(history: History) -> str:
    """Why a DOWN is asked for, and how far the history is from it."""
    total = len(history.migrations)
    with_down = sum(one.undoes if one.undoes is not None else one.down is not None for one in history.migrations)
    if not total:
        return "the brief's: every migration has a DOWN that brings the rows back"
    have = "none has one yet" if not with_down else "all have one" if with_down == total else f"{with_down} have one"
    return f"the brief's: a DOWN that brings the rows back; of {total} migrations {have}"


def _migrations_reason(draft: _Draft) -> str:
    if draft.schema is None or draft.migrations is None:
        return draft.evidence
    schema = draft.schema.partition(":")[2]
    beside = (schema.rpartition("/")[0] or ".") == (draft.migrations.rpartition("/")[0] or ".")
    return f"{draft.evidence}, {'beside' if beside else 'for'} {schema.rpartition('/')[2]}"


def _docs(tree: Tree, home: str, name: str, several: bool, used: set[str]) -> tuple[str, str]:
    """DATA-MODEL.md below the root, and why there. Of several products each has its own."""
    up = [folder for folder in above(home) if folder != "." or not several]
    for folder in (inner for outer in up for inner in (joined(outer, "docs"), outer)):
        held = tree.folders.get(folder)
        existing = next((file for file in held.files if file.lower() == "data-model.md"), None) if held else None
        if existing is not None and joined(folder, existing) not in used:
            return joined(folder, existing), "it exists"
    if not several:
        return "docs/DATA-MODEL.md", "the default"
    for folder in up:
        docs = joined(folder, "docs")
        # `apps/docs` with a package.json of its own is a site, not a folder of documents.
        if docs in tree.folders and project_of(tree, docs).home != docs:
            if joined(docs, "DATA-MODEL.md") not in used:
                return joined(docs, "DATA-MODEL.md"), f"one of several products, and {docs} is nearest to it"
            break
    return f"docs/{name}/DATA-MODEL.md", "one of several products"


def _names(drafts: list[_Draft], root: Path) -> list[str]:
    """A name for each draft, all different, in their order."""
    names: list[str] = []
    for draft in drafts:
        own = product_name(draft.project, root)
        place = (draft.migrations or (draft.schema or "").partition(":")[2]).rpartition("/")[2].partition(".")[0]
        longer = [f"{own}-{tail}" for tail in (draft.project.home.replace("/", "-"), place) if tail not in ("", ".")]
        numbered = (f"{own}-{number}" for number in count(2))
        tried = (re.sub(r"[^A-Za-z0-9._-]+", "-", name) for name in (own, *longer))
        names.append(next(name for name in chain(tried, numbered) if name not in names))
    return names


def _model_drafts(tree: Tree, taken: list[str]) -> list[_Draft]:
    """Products whose schema is in SQLAlchemy models alone, outside the folders `taken`."""
    drafts = []
    for folder in list(tree.folders.values()):
        if for_tests(folder.path) or folder.path in taken or names_sqlalchemy(tree, folder.path) is None:
            continue
        found = models_of(tree, folder.path, None)
        if found is not None:
            project = project_of(tree, folder.path)
            drafts.append(_Draft(project=project, schema=f"sqlalchemy:{found[0]}", schema_reason=found[1]))
    return drafts


def _add_models(tree: Tree, products: list[FoundProduct], notes: list[str]) -> None:
    """Name the SQLAlchemy models of a product, or say that they were not found."""
    for folder in list(tree.folders.values()):
        if for_tests(folder.path):
            continue
        asked = names_sqlalchemy(tree, folder.path)
        if asked is None:
            continue
        at = next((at for at, product in enumerate(products) if product.path == folder.path), None)
        if at is None:
            notes.append(f"{asked} asks for SQLAlchemy, and no migrations were found for it: {_NAMED}")
            continue
        product = products[at]
        if "schema" in product.settings:
            continue
        migrations = product.settings.get("migrations")
        place = joined(product.path, str(migrations)) if migrations is not None else None
        found = models_of(tree, product.path, place)
        if found is None:
            note = f"{asked} asks for SQLAlchemy, and which module holds all models is not plain: {_NAMED}"
            products[at] = replace(product, notes=(*product.notes, note))
        else:
            products[at] = product.also({"schema": f"sqlalchemy:{found[0]}"}, {"schema": printable(found[1])})


_NAMED = 'schema = "sqlalchemy:MODULE:ATTRIBUTE" names them'

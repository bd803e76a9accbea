"""The real products of PGMASON_CORPUS: where each lies in the corpus, and how a repository of it looks.

`beforehand` are extensions that the product's own documentation has an administrator create; `order` is the order of
its files for psql, by a reading of the folder that is not pgmason's.
"""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

from bench.commands import repository

__all__ = ["PRODUCTS", "RealProduct"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RealProduct:
    """One product: its folder in the corpus; `live` where it is taken as a running database, not as files."""

    name: str
    folder: str
    inside: str = "."  # where the corpus's folder comes to lie in the repository
    beforehand: tuple[str, ...] = ()
    live: bool = False

    def digest(self, corpus: Path) -> str:
        """16 hex digits over the names and contents of its files."""
        mark = hashlib.sha256(f"{self}\0".encode())
        for file in sorted((corpus / self.folder).rglob("*")):
            if file.is_file():
                mark.update(f"{file.relative_to(corpus)}\0".encode() + hashlib.sha256(file.read_bytes()).digest())
        return mark.hexdigest()[:16]

    def checkout(self, corpus: Path, root: Path) -> Path:
        """A copy under a git repository of its own; of a live database only its notice."""
        if self.live:
            root.mkdir()
            (root / "NOTICE").write_text("The schema of this product is a running database.\n", encoding="utf-8")
        else:
            shutil.copytree(corpus / self.folder, root / self.inside, dirs_exist_ok=True)
        return repository(root)

    def sql_files(self, corpus: Path) -> list[Path]:
        """What psql applies, in order: the version is what stands before the first underscore, dashes left out."""
        found = sorted(file for file in (corpus / self.folder).rglob("*.sql") if file.is_file())
        if self.folder.startswith("samples"):
            return found
        steps = []
        for file in found:
            if file.name in ("migration.sql", "up.sql") or file.name.endswith(".up.sql"):
                step = file.parent.name if file.name in ("migration.sql", "up.sql") else file.name
                version = step if self.folder.startswith("prisma") else step.split("_")[0].replace("-", "")
                steps.append((version, step, file))
        return [file for _, _, file in sorted(steps)]


PRODUCTS = (
    RealProduct(name="umami", folder="prisma/umami", inside="prisma"),
    RealProduct(name="langfuse", folder="prisma/langfuse", inside="packages/shared/prisma"),
    RealProduct(name="hoppscotch", folder="prisma/hoppscotch", inside="packages/hoppscotch-backend/prisma"),
    RealProduct(name="trigger", folder="prisma/trigger", inside="internal-packages/database/prisma"),
    RealProduct(name="crates.io", folder="updown/cratesio", inside="migrations"),
    RealProduct(name="concourse", folder="updown/concourse", inside="atc/db/migration/migrations"),
    RealProduct(
        name="chirpstack",
        folder="updown/chirpstack",
        inside="chirpstack/migrations_postgres",
        beforehand=("pg_trgm", "hstore"),
    ),
    RealProduct(name="open-assistant", folder="alembic-rendered/open-assistant", inside="migrations"),
    RealProduct(name="chinook", folder="samples/chinook"),
    RealProduct(name="pagila", folder="samples/pagila"),
    RealProduct(name="chinook-live", folder="samples/chinook", live=True),
    RealProduct(name="pagila-live", folder="samples/pagila", live=True),
)

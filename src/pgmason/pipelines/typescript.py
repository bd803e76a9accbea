"""What does a pipeline look like in a product that is written in TypeScript?

Its transform and the test of it are TypeScript, beside the product's other code; a small loop reads and writes Arrow
streams (npm: apache-arrow). A Python file of a dozen lines says where rows come from and go to, and what must hold.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from pgmason.errors import WrongUse
from pgmason.pipelines.places import PipelinesPlace

__all__ = ["typescript_files"]

_ARROW = "apache-arrow"


def typescript_files(place: PipelinesPlace, name: str, target: str) -> tuple[dict[str, str], tuple[str, ...]]:
    """The files by their path from the pipelines' folder, and what the product's package.json still lacks.

    Raises WrongUse where the product has no package.json.
    """
    package = place.home / "package.json"
    if not package.is_file():
        raise WrongUse(
            "there is no package.json, so this is no TypeScript product",
            where=str(place.home),
            fix="name the product that has one (--product), or leave out --language typescript",
        )
    settings = _json(package)
    needed = {**settings.get("dependencies", {}), **settings.get("devDependencies", {})}
    source = place.folder.relative_to(place.home).as_posix()
    command, notes = _command(place, name, source, needed)
    made = {
        "arrow-loop.ts": (files("pgmason.pipelines") / "templates" / "arrow-loop.ts").read_text(encoding="utf-8"),
        f"{name}.ts": _transform(name),
        f"{name}.test.ts": _test(name),
        f"{name}.py": _declaration(name, target, source, command),
    }
    if _ARROW not in needed:
        notes.insert(0, f"npm install {_ARROW}")
    lacking = [one for one in ("jest", "ts-jest", "@jest/globals", "typescript") if one not in needed]
    if lacking:
        notes.append(f"npm install --save-dev {' '.join(lacking)}    for the test: npx jest {source}")
    if "jest" not in settings and not list(place.home.glob("jest.config.*")):
        up = "../" * len(Path(source).parts)
        made[f"{up}jest.config.cjs"] = _JEST
    return made, tuple(notes)


def _command(place: PipelinesPlace, name: str, source: str, needed: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """How node runs the transform: as the product's own build leaves it, or through tsx where it has no build."""
    config = place.home / "tsconfig.json"
    options = _json(config).get("compilerOptions", {}) if config.is_file() else {}
    out = options.get("outDir")
    if out:
        root = options.get("rootDir", ".")
        below = Path(source).relative_to(root).as_posix() if Path(source).is_relative_to(root) else source
        built = (Path(out) / below / f"{name}.js").as_posix()
        return ["node", built], ["the transform runs as it is built: npm run build, or npx tsc -p ."]
    notes = [] if "tsx" in needed else ["npm install --save-dev tsx"]
    return ["node", "--import", "tsx", f"{source}/{name}.ts"], notes


def _json(file: Path) -> dict[str, Any]:
    """A JSON file; comments of a tsconfig.json, each on a line of its own, are left out. Raises WrongUse."""
    text = file.read_text(encoding="utf-8")
    bare = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("//"))
    try:
        found = json.loads(bare)
    except ValueError as exc:
        raise WrongUse(f"is no JSON: {exc}", where=str(file)) from exc
    return found if isinstance(found, dict) else {}


def _transform(name: str) -> str:
    return f"""\
// {name}: what is done with each batch of rows. Where they come from and go to is said in {name}.py.
import {{ type Columns, type Row, SET_ASIDE, isMain, serve }} from "./arrow-loop.js";

/** The columns that leave here, as the table has them. */
export const columns: Columns = {{ id: "bigint", name: "text" }};

/** Rows in, rows out; the same rows give the same rows, whatever came before. */
export function transform(rows: Row[]): Row[] {{
  return rows.map((row) => {{
    const name = typeof row["name"] === "string" ? row["name"].trim() : null;
    return {{ id: row["id"], name, [SET_ASIDE]: name === "" ? "name is empty" : null }};
  }});
}}

if (isMain("{name}")) void serve(columns, transform);
"""


def _test(name: str) -> str:
    return f"""\
import {{ describe, expect, test }} from "@jest/globals";
import {{ SET_ASIDE }} from "./arrow-loop.js";
import {{ transform }} from "./{name}.js";

describe("{name}", () => {{
  test("names lose the blanks around them", () => {{
    expect(transform([{{ id: 1n, name: " Ada " }}])).toEqual([{{ id: 1n, name: "Ada", [SET_ASIDE]: null }}]);
  }});

  test("a row whose name is empty is set aside", () => {{
    expect(transform([{{ id: 2n, name: "  " }}])[0]?.[SET_ASIDE]).toBe("name is empty");
  }});
}});
"""


def _declaration(name: str, target: str, source: str, command: list[str]) -> str:
    words = ", ".join(json.dumps(word) for word in command)
    return f'''\
"""{name}: rows into {target}. What is done with them is in {source}/{name}.ts."""

from pgmason.pipelines import expect, extract, pipeline, transform

TRANSFORM = transform.program({words}, each=True)


@pipeline(
    # Parquet, CSV, JSON lines or Arrow; a path from the product's folder, or s3://bucket/folder/*.parquet
    extract=extract.files("exports/{name}/*.csv"),
    target="{target}",
    key=["id"],  # a unique index on exactly these columns must be there
    on_conflict="update",  # insert | update | append | delete missing | replace
    expect=[expect.not_null("id")],  # types, lengths, enums, checks and keys of the target are held anyway
    schedule="15 2 * * *",
)
def {name}(batch):
    return TRANSFORM(batch)
'''


_JEST = """\
// Tests in TypeScript, also where the product's own modules are ES modules.
module.exports = {
  testEnvironment: "node",
  testMatch: ["**/*.test.ts"],
  testPathIgnorePatterns: ["/node_modules/", "/dist/"],
  moduleNameMapper: { "^(\\\\.{1,2}/.*)\\\\.js$": "$1" },
  transform: {
    "^.+\\\\.ts$": [
      "ts-jest",
      {
        tsconfig: {
          target: "ES2022", module: "CommonJS", moduleResolution: "Node10", esModuleInterop: true, strict: true,
        },
      },
    ],
  },
};
"""

"""Which platform hosts a product's databases, as far as its files tell?

Told by what only that platform has: a folder of its tool, its host names in an example of an environment or a
configuration, its client library, a resource of Terraform's. A host name in a real .env is looked at, and nothing of it
is repeated. Where nothing tells, or several do, there is no setting, and several are said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pgmason.products.projects import small_text
from pgmason.products.walk import Tree, above, joined

__all__ = ["platform_of", "platform_of_host"]

_HOSTS = {
    "supabase": re.compile(r"\b[\w.-]+\.(?:supabase\.(?:co|com|in)|pooler\.supabase\.com)\b"),
    "neon": re.compile(r"\b[\w.-]+\.neon\.(?:tech|build)\b"),
    "rds": re.compile(r"\b[\w.-]+\.rds\.amazonaws\.com(?:\.cn)?\b"),
    "cloudsql": re.compile(r"/cloudsql/[\w.:-]+|\bcloudsql-proxy\b|\bcloud-sql-proxy\b"),
}
_LIBRARIES = {
    "neon": ("@neondatabase/serverless", "@prisma/adapter-neon", "drizzle-orm/neon-http"),
    "cloudsql": ("@google-cloud/cloud-sql-connector", "cloud-sql-python-connector"),
}
_RESOURCES = {
    "rds": ('"aws_db_instance"', '"aws_rds_cluster"', "AWS::RDS::"),
    "cloudsql": ('"google_sql_database_instance"',),
    "supabase": ('"supabase_project"',),
    "neon": ('"neon_project"',),
}
_ENVIRONMENTS = re.compile(r"\.env(?:\.[\w.-]+)?|env\.example|[\w-]*compose[\w.-]*\.ya?ml|app\.ya?ml|cloudbuild\.ya?ml")
_MANIFESTS = ("package.json", "pyproject.toml", "requirements.txt")
_MOST_TERRAFORM = 200


def platform_of_host(host: str) -> str | None:
    """The platform that a database's host belongs to; None for any other."""
    return next((name for name, pattern in _HOSTS.items() if pattern.fullmatch(host)), None)


def platform_of(tree: Tree, home: str, format: str | None, notes: list[str]) -> tuple[str, str] | None:
    """(platform, why) for the product at `home`; None where nothing tells, or several do, which goes into `notes`."""
    found: dict[str, str] = {}
    if format == "supabase":
        found["supabase"] = "its migrations are the Supabase CLI's"
    for name, why in _told(tree, home):
        found.setdefault(name, why)
    if len(found) > 1:
        told = "; ".join(f"{name} ({why})" for name, why in found.items())
        notes.append(f"several platforms are named, and none is taken: {told}")
        return None
    return next(iter(found.items()), None)


def _told(tree: Tree, home: str) -> Iterator[tuple[str, str]]:
    for folder in above(home):
        if tree.has_file(joined(folder, "supabase/config.toml")):
            yield "supabase", f"{joined(folder, 'supabase/config.toml')} exists"
        for file in tree.folders[folder].files:
            path = joined(folder, file)
            if _ENVIRONMENTS.fullmatch(file):
                text = small_text(tree.root / path) or ""
                yield from ((name, f"{path} names a host of it") for name, one in _HOSTS.items() if one.search(text))
            elif file in _MANIFESTS:
                text = small_text(tree.root / path) or ""
                for name, libraries in _LIBRARIES.items():
                    library = next((one for one in libraries if one in text), None)
                    if library is not None:
                        yield name, f"{path} asks for {library}"
    seen = 0
    for inner in tree.folders.values():
        for file in inner.files:
            if file.endswith((".tf", ".template.yaml")) and seen < _MOST_TERRAFORM:
                seen += 1
                text = small_text(tree.root / joined(inner.path, file)) or ""
                for name, resources in _RESOURCES.items():
                    if any(one in text for one in resources):
                        yield name, f"{joined(inner.path, file)} makes one"

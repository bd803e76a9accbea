"""Runs the project's own `manage.py migrate` on the scratch database and notes what each migration sends.

Where the job says so, only as far as one (`until`), or back over one (`over`), which is `manage.py migrate APP PARENT`.
The project's settings are used as they are, but for the address of its database. What its apps from libraries send is
noted, too: the project's tables refer to theirs.
"""

import os
import re
import sys
from urllib.parse import unquote, urlsplit

from pgmason_child import imported_files, read_job, told, write_answer


class AnotherDatabase(Exception):
    """The project's database is not PostgreSQL."""


def main():
    job = read_job()
    state = {"phase": "import", "revision": None, "revisions": [], "statements": [], "recording": False}
    try:
        settings_module()
        lead_to(job["url"])
        import django

        django.setup()
        watch(state)
        from django.db import connection

        with connection.execute_wrapper(noted(state)):
            run(job, connection)
        answer = {"revisions": state["revisions"], "imported": imported_files(), "reach": None}
    except BaseException as error:
        answer = {"error": told(error, state["phase"]), "revision": state["revision"]}
        if state["phase"] == "migration" and answer["error"]["sqlstate"] is None:
            cause = told(error.__cause__, "migration") if error.__cause__ is not None else {}
            answer["error"].update(
                {key: value for key, value in cause.items() if value and key in ("sqlstate", "primary")}
            )
        if answer["error"]["statement"] is None and answer["error"]["sqlstate"] and state["statements"]:
            answer["error"]["statement"] = state["statements"][-1]["sql"]
        if state["file"] if "file" in state else None:
            answer["error"]["file"], answer["error"]["line"] = state["file"], 1
    write_answer(job, answer)


def run(job, connection):
    from django.core.management import execute_from_command_line
    from django.db.migrations.executor import MigrationExecutor

    if job["over"]:
        app, _, name = job["over"].partition(".")
        graph = MigrationExecutor(connection).loader.graph
        parents = sorted(one.key for one in graph.node_map[app, name].parents if one.key[0] == app)
        to = [app, parents[0][1] if parents else "zero"]
    elif job["until"] is not None:
        executor = MigrationExecutor(connection)
        leaves = executor.loader.graph.leaf_nodes()
        wanted = set(job["until"])
        plan = [step for step in executor.migration_plan(leaves) if f"{step[0].app_label}.{step[0].name}" in wanted]
        executor.migrate(leaves, plan=plan)
        return
    else:
        to = []
    execute_from_command_line(["manage.py", "migrate", *to, "--noinput", "--verbosity", "0"])


def settings_module():
    """What manage.py sets, where the product's settings in pgmason.toml do not say another."""
    with open("manage.py", encoding="utf-8") as file:
        found = re.search(r"DJANGO_SETTINGS_MODULE[\"']\s*,\s*[\"']([\w.]+)[\"']", file.read())
    if found:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", found[1])
    sys.argv = ["manage.py", "migrate"]


def lead_to(url):
    from django.conf import settings

    databases = settings.DATABASES
    default = databases["default"]
    if not any(
        word in default.get("ENGINE", "") for word in ("postgres", "postgis", "psycopg", "psqlextra", "timescale")
    ):
        raise AnotherDatabase(f"its default database is {default.get('ENGINE')}, not PostgreSQL")
    parts = urlsplit(url)
    default.update(
        NAME=parts.path.lstrip("/"),
        USER=unquote(parts.username),
        PASSWORD=unquote(parts.password),
        HOST=parts.hostname,
        PORT=str(parts.port),
    )
    options = default.get("OPTIONS") or {}
    default["OPTIONS"] = {
        k: v for k, v in options.items() if k in ("options", "pool", "server_side_binding", "isolation_level")
    }
    default["OPTIONS"].pop("pool", None)
    default["CONN_MAX_AGE"] = 0
    for alias, other in databases.items():
        if alias != "default" and "sqlite" not in other.get("ENGINE", ""):
            other.update(HOST="127.0.0.1", PORT="9", PASSWORD="")


def noted(state):
    def note(execute, sql, params, many, context):
        if state["recording"]:
            for one in params if many else [params]:
                text = written(context, sql, one)
                alone = state["alone"]
                state["statements"].append({"sql": text or str(sql), "alone": alone, "told": text is not None})
        return execute(sql, params, many, context)

    return note


def written(context, sql, params):
    if params is None:
        return str(sql)
    cursor = getattr(context["cursor"], "cursor", None)
    try:
        text = cursor.mogrify(sql, params)
        return text.decode("utf-8") if isinstance(text, bytes) else text
    except Exception:
        return None if params else str(sql)


def watch(state):
    from django.db.migrations.executor import MigrationExecutor
    from django.db.migrations.recorder import MigrationRecorder

    def watched(method):
        return lambda self, database, migration, *arguments, **named: follow(
            method, self, database, migration, *arguments, **named
        )

    def follow(method, self, database, migration, *arguments, **named):
        state.update(phase="migration", revision=f"{migration.app_label}.{migration.name}", statements=[])
        state.update(recording=True, alone=not migration.atomic)
        state["file"] = getattr(sys.modules.get(type(migration).__module__), "__file__", None)
        result = method(self, database, migration, *arguments, **named)
        state["revisions"].append(
            {"revision": state["revision"], "statements": [one for one in state["statements"]], "stamp": False}
        )
        state.update(recording=False, statements=[], file=None, phase="after")
        return result

    def unrecorded(method):
        def record(self, *arguments, **named):
            before, state["recording"] = state["recording"], False
            try:
                return method(self, *arguments, **named)
            finally:
                state["recording"] = before

        return record

    MigrationExecutor.apply_migration = watched(MigrationExecutor.apply_migration)
    MigrationExecutor.unapply_migration = watched(MigrationExecutor.unapply_migration)
    MigrationRecorder.record_applied = unrecorded(MigrationRecorder.record_applied)
    MigrationRecorder.record_unapplied = unrecorded(MigrationRecorder.record_unapplied)


main()

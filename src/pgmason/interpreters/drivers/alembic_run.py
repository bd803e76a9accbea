"""Runs the product's Alembic on the scratch database and notes what each revision sends.

The product's own env.py is run as `alembic upgrade heads` runs it, as far as the job says (`until`), or as `downgrade`
runs it, over one revision (`over`). Beside the statements, the answer says what its
autogenerate would look at (include_object, include_name, include_schemas) and which tables its metadata knows.
"""

import os

from pgmason_child import imported_files, read_job, told, write_answer
from pgmason_connections import Recorder, installed_driver, lead_to

TABLES = (
    "SELECT n.nspname, c.relname, n.nspname = pg_catalog.current_schema() FROM pg_catalog.pg_class c"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p')"
    " AND n.nspname NOT LIKE 'pg\\_%%' AND n.nspname <> 'information_schema' ORDER BY 1, 2"
)


def main():
    job = read_job()
    state = {"phase": "import", "revision": None, "revisions": [], "reach": None}
    try:
        lead_to(job["url"])
        recorder = Recorder().listen()
        recorder.recording = True  # env.py may make a schema before the first revision
        watch(state, recorder)
        run(job)
        answer = {"revisions": state["revisions"], "reach": state["reach"], "imported": imported_files()}
    except BaseException as error:
        answer = {"error": told(error, state["phase"]), "revision": state["revision"], "done": state["revisions"]}
    write_answer(job, answer)


def run(job):
    from alembic import command
    from alembic.config import Config

    config = Config(job["ini"]) if job["ini"] else Config()
    config.set_main_option("script_location", job["script_location"].replace("%", "%%"))
    config.set_main_option("sqlalchemy.url", address(job, config).replace("%", "%%"))

    def run_it():
        if job["over"]:
            go_back(config, job["over"])
            return
        for target in ["heads"] if job["until"] is None else heads_of(config, job["until"]):
            command.upgrade(config, target)

    with open(os.path.join(job["script_location"], "env.py"), encoding="utf-8") as file:
        in_flask = "current_app" in file.read()
    if not in_flask:
        run_it()
        return
    from flask.cli import ScriptInfo

    app = ScriptInfo().load_app()
    with app.app_context():
        run_it()


def heads_of(config, revisions):
    """Those of the revisions that no other one of them stands on."""
    from alembic.script import ScriptDirectory

    script = ScriptDirectory.from_config(config)
    below = {parent for one in revisions for parent in script.get_revision(one)._all_down_revisions}
    return [one for one in revisions if one not in below]


def go_back(config, revision):
    """As `alembic downgrade` does, over this revision and no other, which a name of a target cannot say of a merge."""
    from alembic.runtime.environment import EnvironmentContext
    from alembic.runtime.migration import MigrationStep
    from alembic.script import ScriptDirectory

    script = ScriptDirectory.from_config(config)

    def over(_, context):
        return [MigrationStep.downgrade_from_script(script.revision_map, script.get_revision(revision))]

    with EnvironmentContext(config, script, fn=over):
        script.run_env()


def address(job, config):
    """The scratch URL under the driver that alembic.ini names, where it is installed, or one that is."""
    with open(os.path.join(job["script_location"], "env.py"), encoding="utf-8") as file:
        asynchronous = "async_engine" in file.read()
    written = (config.get_main_option("sqlalchemy.url") or "").partition("://")[0]
    from importlib.util import find_spec

    driver = written.partition("+")[2]
    if not driver or find_spec(driver) is None:
        driver = installed_driver(asynchronous)
    return job["url"].replace("postgresql://", "postgresql+" + driver + "://" if driver else "postgresql://", 1)


def watch(state, recorder):
    """Follow the run: which revision is on, what it sent, and what env.py configures."""
    from alembic.runtime import migration
    from alembic.runtime.environment import EnvironmentContext

    configure = EnvironmentContext.configure
    run_migrations = migration.MigrationContext.run_migrations
    update = migration.HeadMaintainer.update_to_step

    def applied(ctx, step, heads, run_args, **rest):
        state["revisions"].append(
            {"revision": step.up_revision_id, "stamp": step.is_stamp, "statements": recorder.take()}
        )
        recorder.recording = True

    def configure_watched(self, *arguments, **named):
        theirs = named.get("on_version_apply") or ()
        theirs = tuple(theirs) if isinstance(theirs, (list, tuple, set)) else (theirs,)
        named["on_version_apply"] = (*theirs, applied)
        state["configured"] = named
        return configure(self, *arguments, **named)

    def update_unrecorded(self, step):
        recorder.recording = False  # the ledger is the tool's own
        return update(self, step)

    def run_watched(self, **named):
        state["phase"] = "migration"
        steps = self._migrations_fn
        recorder.recording = False  # the ledger's own table
        before = recorder.take()

        def counted(heads, context):
            recorder.statements = before  # sent before the first revision, and told with it
            for step in steps(heads, context):
                state["revision"] = getattr(getattr(step, "revision", None), "revision", None)
                recorder.recording = True
                yield step
            recorder.recording = False

        self._migrations_fn = counted
        run_migrations(self, **named)
        state["phase"] = "after"
        recorder.recording = False
        if state["reach"] is None and self.connection is not None:
            state["reach"] = reach(state.get("configured") or {}, self.connection)

    EnvironmentContext.configure = configure_watched
    migration.MigrationContext.run_migrations = run_watched
    migration.HeadMaintainer.update_to_step = update_unrecorded


def reach(configured, connection):
    """What autogenerate looks at, as data: the tables that its filters leave out."""
    from sqlalchemy import MetaData, Table, text

    include_object = configured.get("include_object")
    include_name = configured.get("include_name")
    schemas = bool(configured.get("include_schemas"))
    version = (configured.get("version_table_schema"), configured.get("version_table") or "alembic_version")
    excluded, failures = [], []
    for schema, name, default in connection.execute(text(TABLES.replace("%%", "%"))).fetchall():
        told_schema = None if default else schema
        if name == version[1] and schema == (version[0] or schema):
            continue
        inside = default or schemas
        try:
            if inside and include_name is not None:
                parents = {"schema_name": told_schema, "schema_qualified_table_name": f"{schema}.{name}"}
                if default:
                    parents["schema_qualified_table_name"] = name
                inside = include_name(told_schema, "schema", {}) if schemas else True
                inside = inside and include_name(name, "table", parents)
            if inside and include_object is not None:
                inside = include_object(Table(name, MetaData(), schema=told_schema), name, "table", True, None)
        except Exception as error:
            failures.append(f"{schema}.{name}: {type(error).__name__}: {error}")
            continue
        if not inside:
            excluded.append([schema, name])
    metadata = configured.get("target_metadata")
    several = list(metadata) if isinstance(metadata, (list, tuple)) else [metadata] if metadata is not None else []
    default_schema = connection.execute(text("SELECT pg_catalog.current_schema()")).scalar()
    known = sorted({(table.schema or default_schema, table.name) for one in several for table in one.tables.values()})
    return {
        "include_schemas": schemas,
        "excluded": excluded,
        "unjudged": failures,
        "version_table": [version[0] or default_schema, version[1]],
        "metadata_tables": [list(one) for one in known] if several else None,
        "compares_types": bool(configured.get("compare_type", True)),
        "compares_defaults": bool(configured.get("compare_server_default", False)),
    }


main()

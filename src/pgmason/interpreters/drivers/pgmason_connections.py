"""Every connection that SQLAlchemy opens in this process leads to the scratch database.

Whatever URL the product puts together, the driver of its choice stays and the address is ours. A connection of another
dialect is refused by name: a product that falls back to SQLite would migrate nothing that we could read.
"""

from urllib.parse import unquote, urlsplit

KEPT = ("options", "server_settings", "application_name", "prepare_threshold", "autocommit", "statement_cache_size")
DRIVERS = ("psycopg2", "psycopg", "asyncpg", "pg8000")


class AnotherDatabase(Exception):
    """The product connects to something that is not PostgreSQL."""


def lead_to(url):
    """From now on, connections of SQLAlchemy's lead to `url`; "postgresql://" means a driver that is installed."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    parts = urlsplit(url)
    address = {
        "host": parts.hostname,
        "port": parts.port,
        "user": unquote(parts.username),
        "password": unquote(parts.password),
    }
    name = parts.path.lstrip("/")

    @event.listens_for(Engine, "do_connect")
    def lead(dialect, record, arguments, parameters):
        if dialect.name != "postgresql":
            raise AnotherDatabase(f"it connects to {dialect.name}, not to PostgreSQL")
        kept = {key: parameters[key] for key in KEPT if key in parameters}
        arguments[:] = []
        parameters.clear()
        parameters.update(kept, **address)
        parameters["dbname" if dialect.driver in ("psycopg2", "psycopg", "psycopg_async") else "database"] = name

    _default_driver()


def installed_driver(asynchronous=False):
    """The name of an installed driver, as it stands in postgresql+NAME; None where there is none."""
    from importlib.util import find_spec

    order = ("asyncpg", "psycopg") if asynchronous else DRIVERS
    return next((name for name in order if find_spec(name) is not None), None)


def _default_driver():
    """Make plain "postgresql://" mean a driver that is there, as it does for whoever runs the product."""
    from importlib import import_module
    from importlib.util import find_spec

    from sqlalchemy.dialects import postgresql

    default = getattr(postgresql.base, "dialect", None)
    driver = getattr(default, "driver", None)
    if driver and find_spec(driver) is None and (name := installed_driver()) is not None:
        postgresql.base.dialect = import_module("sqlalchemy.dialects.postgresql." + name).dialect


class Recorder:
    """What SQLAlchemy sends, statement by statement, as text that can be sent again."""

    def __init__(self):
        self.statements = []
        self.recording = False

    def listen(self):
        from sqlalchemy import event
        from sqlalchemy.engine import Engine

        @event.listens_for(Engine, "before_cursor_execute")
        def note(connection, cursor, statement, parameters, context, executemany):
            if self.recording:
                alone = _alone(connection)
                for one in parameters if executemany else [parameters]:
                    text = _written(cursor, statement, one)
                    self.statements.append({"sql": text or statement, "alone": alone, "told": text is not None})

        return self

    def take(self):
        taken, self.statements = self.statements, []
        return taken


def _alone(connection):
    """Whether the statement commits by itself: an autocommit block."""
    known = getattr(connection, "_is_autocommit_isolation", None)
    return bool(known()) if known is not None else False


def _written(cursor, statement, parameters):
    """The statement with its parameters in it; None where this driver cannot tell."""
    try:
        if hasattr(cursor, "mogrify"):  # psycopg2
            text = cursor.mogrify(statement, parameters)
            return text.decode("utf-8") if isinstance(text, bytes) else text
        inner = getattr(cursor, "_cursor", cursor)  # of SQLAlchemy's face for asynchronous drivers
        if type(inner).__module__.partition(".")[0] == "psycopg":
            import psycopg

            return psycopg.ClientCursor(inner.connection).mogrify(statement, parameters)
    except Exception:
        return None
    return statement if not parameters else None

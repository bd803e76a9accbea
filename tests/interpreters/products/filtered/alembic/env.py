import asyncio

from alembic import context
from app.models import Base
from app.settings import DATABASE_URL
from sqlalchemy.ext.asyncio import create_async_engine

target_metadata = Base.metadata


def include_object(object, name, type_, reflected, compare_to):
    return not (type_ == "table" and reflected and compare_to is None and name.startswith("legacy_"))


def include_name(name, type_, parent_names):
    return name in (None, "audit") if type_ == "schema" else True


def run(connection):
    context.configure(
        connection=connection,
        target_metadata=target_metadata,
        include_object=include_object,
        include_name=include_name,
        include_schemas=True,
        version_table="history_of_revisions",
        version_table_schema="audit",
    )
    connection.exec_driver_sql("CREATE SCHEMA IF NOT EXISTS audit")
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()


async def online():
    engine = create_async_engine(DATABASE_URL)
    async with engine.connect() as connection:
        await connection.run_sync(run)
    await engine.dispose()


asyncio.run(online())

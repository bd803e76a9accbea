import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0001"
down_revision: str | None = None


def upgrade() -> None:
    status = postgresql.ENUM("open", "paid", name="order_status")
    op.create_table(
        "orders",
        sa.Column("id", sa.Uuid, server_default=sa.text("gen_random_uuid()"), primary_key=True),
        sa.Column("status", status, nullable=False, server_default="open"),
        sa.Column("note", sa.Text, comment="100% of it's kept; \\ too"),
        sa.Column("tags", postgresql.ARRAY(sa.Text), server_default="{}", nullable=False),
    )
    table = sa.table("orders", sa.column("status"), sa.column("note"))
    op.bulk_insert(table, [{"status": "open", "note": "50% o'ff :name"}, {"status": "paid", "note": None}])


def downgrade() -> None:
    op.drop_table("orders")
    op.execute("DROP TYPE order_status")

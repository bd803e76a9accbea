from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    with op.get_context().autocommit_block():
        op.execute("ALTER TYPE order_status ADD VALUE 'refunded' AFTER 'paid'")
        op.create_index("orders_status_idx", "orders", ["status"], postgresql_concurrently=True)


def downgrade():
    raise NotImplementedError("a value of an enum stays")

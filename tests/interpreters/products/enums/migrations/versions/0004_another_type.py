from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade():
    op.drop_constraint("refunds_are_told", "orders")
    op.drop_index("orders_status_idx")
    op.execute("CREATE TYPE order_state AS ENUM ('open', 'settled', 'refunded')")
    op.alter_column("orders", "status", server_default=None)
    op.execute(
        "ALTER TABLE orders ALTER status TYPE order_state"
        " USING (CASE status::text WHEN 'paid' THEN 'settled' ELSE status::text END)::order_state"
    )
    op.alter_column("orders", "status", new_column_name="state", server_default="open")
    op.execute("DROP TYPE order_status")
    op.execute("GRANT SELECT ON orders TO reporting")


def downgrade():
    raise NotImplementedError

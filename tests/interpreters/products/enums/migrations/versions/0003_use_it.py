import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade():
    connection = op.get_bind()
    paid = connection.execute(sa.text("SELECT count(*) FROM orders WHERE status = 'paid'")).scalar()
    assert paid == 1, "the rows of the first revision are there"
    connection.execute(sa.text("UPDATE orders SET status = :new WHERE status = 'paid'"), {"new": "refunded"})
    op.create_check_constraint("refunds_are_told", "orders", "status <> 'refunded' OR note IS DISTINCT FROM ''")


def downgrade():
    op.drop_constraint("refunds_are_told", "orders")

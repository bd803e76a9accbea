"""reports"""

from alembic import op

revision = "rr01"
down_revision = None
branch_labels = ("reports",)
depends_on = "aa02"


def upgrade():
    op.execute("CREATE VIEW spending AS SELECT customer_id, sum(total) AS total FROM orders GROUP BY customer_id")


def downgrade():
    op.execute("DROP VIEW spending")

"""r5"""

from alembic import op

revision: str = "r5"
down_revision = None
branch_labels = ("reports",)


def upgrade() -> None:
    op.execute("SELECT 1")


def downgrade() -> None:
    """Back."""
    op.execute("SELECT 1")

"""r1"""

from alembic import op

revision: str = "r1"
down_revision = "r2"


def upgrade() -> None:
    op.execute("SELECT 1")


def downgrade() -> None:
    """Back."""
    op.execute("SELECT 1")

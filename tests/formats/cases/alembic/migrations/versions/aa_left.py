"""r2"""

from alembic import op

revision: str = "r2"
down_revision = "r1"


def upgrade() -> None:
    op.execute("SELECT 1")


def downgrade() -> None:
    """Back."""
    op.execute("SELECT 1")

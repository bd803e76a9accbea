"""r4"""

from alembic import op

revision: str = "r4"
down_revision = ("r2", "r3")


def upgrade() -> None:
    op.execute("SELECT 1")


def downgrade() -> None:
    """Back."""
    op.execute("SELECT 1")

"""r6"""

from alembic import op

revision: str = "r6"
down_revision = "r5"
depends_on = ["r4"]


def upgrade() -> None:
    op.execute("SELECT 1")


def downgrade() -> None:
    """Back."""
    op.execute("SELECT 1")

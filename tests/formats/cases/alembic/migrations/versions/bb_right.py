"""r3"""

from alembic import op

revision: str = "r3"
down_revision = "r1"


def upgrade() -> None:
    op.execute("SELECT 1")


def downgrade() -> None:
    """Back."""
    raise NotImplementedError

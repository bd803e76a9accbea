"""after the merge"""

from alembic import op

revision = "bb03"
down_revision = "aa02"


def upgrade():
    op.alter_column("customers", "phone", nullable=False, server_default="")


def downgrade():
    op.alter_column("customers", "phone", nullable=True, server_default=None)

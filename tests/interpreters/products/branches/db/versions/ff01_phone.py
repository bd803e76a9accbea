"""phone"""

import sqlalchemy as sa
from alembic import op

revision = "ff01"
down_revision = "3f2a"


def upgrade():
    op.add_column("customers", sa.Column("phone", sa.String(40)))


def downgrade():
    op.drop_column("customers", "phone")

"""merge"""

revision = "aa02"
down_revision = ("0c11", "ff01")


def upgrade():
    pass


def downgrade():
    pass

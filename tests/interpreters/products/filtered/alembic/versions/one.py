import sqlalchemy as sa
from alembic import op

revision = "one"
down_revision = None


def upgrade():
    op.create_table(
        "people", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String, nullable=False)
    )
    op.create_table(
        "visits",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("person_id", sa.Integer, sa.ForeignKey("people.id"), nullable=False),
        schema="audit",
    )
    op.create_index("visits_person_id_idx", "visits", ["person_id"], schema="audit")
    op.execute("CREATE TABLE legacy_orders (id int)")
    op.execute("CREATE SCHEMA billing")
    op.execute("CREATE TABLE billing.invoices (id int)")
    op.create_table("forgotten", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("visits", schema="audit")
    op.drop_table("people")

"""A round's own greeting, consent and thanks; why a target was set.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("round", sa.Column("texts", sa.JSON(), nullable=True))
    op.add_column("round", sa.Column("texts_before", sa.JSON(), nullable=True))
    op.add_column("target", sa.Column("note", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("target", "note")
    op.drop_column("round", "texts_before")
    op.drop_column("round", "texts")

"""Respondents' and customers' keys, personal attributes and cells that could not be used are sealed.

Revision ID: 0009
Revises: 0008
"""

from alembic import op

from cxdash.store import sealingkeys

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    sealingkeys.begin(op.get_bind())


def downgrade() -> None:
    sealingkeys.undo(op.get_bind())

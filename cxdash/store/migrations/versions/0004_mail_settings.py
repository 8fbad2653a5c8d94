"""How a programme writes to its customers.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mail_setting",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("cap_days", sa.Integer(), nullable=False),
        sa.Column("remind_days", sa.Integer(), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["program_id"], ["program.id"], name="fk_mail_setting_program_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("program_id", name="pk_mail_setting"),
    )


def downgrade() -> None:
    op.drop_table("mail_setting")

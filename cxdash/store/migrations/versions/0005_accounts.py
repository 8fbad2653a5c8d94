"""Accounts, their sessions and what opens them.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _at(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.String(), nullable=nullable)


def _of_account(table: str) -> tuple[sa.Column, sa.ForeignKeyConstraint]:
    return (
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=f"fk_{table}_account_id", ondelete="CASCADE"),
    )


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        _text("email"), _text("name"), _text("role"),
        sa.Column("programs", sa.JSON(), nullable=True),
        sa.Column("rows", sa.JSON(), nullable=False),
        sa.Column("grants", sa.JSON(), nullable=False),
        _text("password_hash", nullable=True), _text("totp_secret", nullable=True),
        sa.Column("totp_on", sa.Boolean(), nullable=False),
        sa.Column("totp_step", sa.Integer(), nullable=False),
        _text("state"), _text("origin"), _text("language"), _at("created_at"), _at("updated_at"), _at("signed_in_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_account"),
        sa.UniqueConstraint("email", name="uq_account_email"),
        sqlite_autoincrement=True,
    )  # fmt: skip
    op.create_table(
        "account_session",
        sa.Column("id", BIG, nullable=False),
        *_of_account("account_session"),
        _text("id_hash"),
        sa.Column("complete", sa.Boolean(), nullable=False),
        _text("via"), _text("address"), _text("agent"),
        sa.Column("tries", sa.Integer(), nullable=False),
        _at("created_at"), _at("seen_at"), _at("ended_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_account_session"),
        sa.UniqueConstraint("id_hash", name="uq_account_session_id_hash"),
        sqlite_autoincrement=True,
    )  # fmt: skip
    op.create_index("ix_account_session_account_id_ended_at", "account_session", ["account_id", "ended_at"])
    op.create_table(
        "account_token",
        sa.Column("id", sa.Integer(), nullable=False),
        *_of_account("account_token"),
        _text("kind"), _text("token_hash"), _at("created_at"), _text("created_by"), _at("expires_at"), _at("used_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_account_token"),
        sa.UniqueConstraint("token_hash", name="uq_account_token_token_hash"),
        sqlite_autoincrement=True,
    )  # fmt: skip
    op.create_index("ix_account_token_account_id", "account_token", ["account_id"])
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.Integer(), nullable=False),
        *_of_account("recovery_code"),
        _text("code_hash"), _at("used_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_recovery_code"),
        sa.UniqueConstraint("code_hash", name="uq_recovery_code_code_hash"),
        sqlite_autoincrement=True,
    )  # fmt: skip
    op.create_index("ix_recovery_code_account_id", "recovery_code", ["account_id"])
    op.create_table(
        "oidc_identity",
        sa.Column("id", sa.Integer(), nullable=False),
        *_of_account("oidc_identity"),
        _text("issuer"), _text("subject"), _at("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_oidc_identity"),
        sa.UniqueConstraint("issuer", "subject", name="uq_oidc_identity_issuer_subject"),
        sqlite_autoincrement=True,
    )  # fmt: skip
    op.create_index("ix_oidc_identity_account_id", "oidc_identity", ["account_id"])
    op.create_table(
        "sign_in_attempt",
        _text("who"),
        sa.Column("failures", sa.Integer(), nullable=False),
        _at("last_at"), _at("until", nullable=True),
        sa.PrimaryKeyConstraint("who", name="pk_sign_in_attempt"),
    )  # fmt: skip
    op.create_index("ix_sign_in_attempt_last_at", "sign_in_attempt", ["last_at"])


def downgrade() -> None:
    for table in ("sign_in_attempt", "oidc_identity", "recovery_code", "account_token", "account_session", "account"):
        op.drop_table(table)

"""Personal data apart from answers, retention, the audit log.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

from cxdash.store import sealing

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _audit()
    _keeping()
    _columns()
    sealing.begin(op.get_bind())


def downgrade() -> None:
    sealing.undo(op.get_bind())
    for table, names in (("visit", ("consent_at", "consent_hash")), ("contact", ("email_hash", "name_hash", "seen_at"))):
        with op.batch_alter_table(table) as batch:
            for name in names:
                if name.endswith("_hash") and table == "contact":
                    batch.drop_index(f"ix_contact_{name}")
                batch.drop_column(name)
    for table in ("duty", "consent_text", "erasure", "retention", "keyring"):
        op.drop_table(table)
    _let_go()
    op.drop_table("audit_head")
    op.drop_table("audit")


def _columns() -> None:
    op.add_column("contact", sa.Column("name_hash", sa.String(), nullable=False, server_default=""))
    op.add_column("contact", sa.Column("email_hash", sa.String(), nullable=False, server_default=""))
    with op.batch_alter_table("contact") as batch:  # the default was for the rows that are there
        batch.alter_column("name_hash", server_default=None)
        batch.alter_column("email_hash", server_default=None)
    with op.batch_alter_table("contact") as batch:
        batch.add_column(sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE contact SET seen_at = CURRENT_TIMESTAMP")
    with op.batch_alter_table("contact") as batch:
        batch.alter_column("seen_at", nullable=False)
    op.create_index("ix_contact_name_hash", "contact", ["name_hash"])
    op.create_index("ix_contact_email_hash", "contact", ["email_hash"])
    op.add_column("visit", sa.Column("consent_hash", sa.String(), nullable=True))
    op.add_column("visit", sa.Column("consent_at", sa.DateTime(timezone=True), nullable=True))


def _keeping() -> None:
    program = sa.ForeignKeyConstraint(["program_id"], ["program.id"], name="fk_retention_program_id", ondelete="CASCADE")
    op.create_table(
        "keyring",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sealed", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_keyring"),
    )
    op.create_table(
        "retention",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("personal_days", sa.Integer(), nullable=True),
        sa.Column("draft_days", sa.Integer(), nullable=True),
        sa.Column("response_days", sa.Integer(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.String(), nullable=False),
        program,
        sa.PrimaryKeyConstraint("program_id", name="pk_retention"),
    )
    op.create_table(
        "erasure",
        sa.Column("id", BIG, nullable=False),
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ver", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("responses", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["program_id"], ["program.id"], name="fk_erasure_program_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_erasure"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_erasure_program_id_ver", "erasure", ["program_id", "ver"])
    op.create_table(
        "consent_text",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_consent_text"),
    )
    op.create_table(
        "duty",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_duty"),
    )


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=True),
        sa.Column("previous", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_at", "audit", ["at"])
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("seal", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_head"),
    )
    op.execute("INSERT INTO audit_head (id, length, hash, seal) VALUES (1, 0, '', '')")
    for statement in _ONLY_MORE[op.get_bind().dialect.name]:
        op.execute(statement)


def _let_go() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION cxdash_only_more() CASCADE")  # with its triggers
        return
    for name in ("audit_no_update", "audit_no_delete", "audit_head_no_delete"):
        op.execute(f"DROP TRIGGER {name}")


_SAID = "the audit log can only grow"
_ONLY_MORE = {
    "sqlite": (
        f"CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, '{_SAID}'); END",
        f"CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, '{_SAID}'); END",
        f"CREATE TRIGGER audit_head_no_delete BEFORE DELETE ON audit_head BEGIN SELECT RAISE(ABORT, '{_SAID}'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION cxdash_only_more() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_SAID}' USING ERRCODE = 'integrity_constraint_violation'; END $$",
        "CREATE TRIGGER audit_only_more BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION cxdash_only_more()",
        "CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION cxdash_only_more()",
        "CREATE TRIGGER audit_head_stays BEFORE DELETE ON audit_head FOR EACH ROW EXECUTE FUNCTION cxdash_only_more()",
        "CREATE TRIGGER audit_head_no_truncate BEFORE TRUNCATE ON audit_head FOR EACH STATEMENT EXECUTE FUNCTION cxdash_only_more()",
    ),
}

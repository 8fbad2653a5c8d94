"""Collecting: surveys and their versions, links, contacts, visits, keys, webhooks, mails."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _api_key()
    _contact()
    _survey()
    _webhook()
    _link()
    _round()
    _survey_version()
    _webhook_delivery()
    _quota_count()
    _api_request()
    _invitation()
    _invitation_token()
    _mail()
    _visit()


def downgrade() -> None:
    for table in (
        "visit",
        "mail",
        "invitation_token",
        "invitation",
        "api_request",
        "quota_count",
        "webhook_delivery",
        "survey_version",
        "round",
        "link",
        "webhook",
        "survey",
        "contact",
        "api_key",
    ):
        op.drop_table(table)


def _api_key() -> None:
    op.create_table(
        "api_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("prefix", sa.String(), nullable=False),
        sa.Column("key_hash", sa.String(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("rate", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["program_id"], ["program.id"], name="fk_api_key_program_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_api_key"),
        sa.UniqueConstraint("key_hash", name="uq_api_key_key_hash"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_api_key_program_id", "api_key", ["program_id"])


def _contact() -> None:
    op.create_table(
        "contact",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.Column("unsubscribed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_contacted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["program_id"], ["program.id"], name="fk_contact_program_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_contact"),
        sa.UniqueConstraint("program_id", "key", name="uq_contact_program_id_key"),
        sqlite_autoincrement=True,
    )


def _survey() -> None:
    op.create_table(
        "survey",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("draft", sa.JSON(), nullable=False),
        sa.Column("draft_rev", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["program_id"], ["program.id"], name="fk_survey_program_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_survey"),
        sa.UniqueConstraint("program_id", "code", name="uq_survey_program_id_code"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_survey_program_id", "survey", ["program_id"])


def _webhook() -> None:
    op.create_table(
        "webhook",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["program_id"], ["program.id"], name="fk_webhook_program_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_webhook"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_webhook_program_id", "webhook", ["program_id"])


def _link() -> None:
    op.create_table(
        "link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("survey_id", sa.Integer(), nullable=False),
        sa.Column("wave_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=True),
        sa.Column("token", sa.String(), nullable=True),
        sa.Column("channel", sa.String(), nullable=True),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("languages", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("opened", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["survey_id"], ["survey.id"], name="fk_link_survey_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["wave_id"], ["wave.id"], name="fk_link_wave_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_link"),
        sa.UniqueConstraint("token_hash", name="uq_link_token_hash"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_link_survey_id", "link", ["survey_id"])
    op.create_index("ix_link_wave_id", "link", ["wave_id"])


def _round() -> None:
    op.create_table(
        "round",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("survey_id", sa.Integer(), nullable=False),
        sa.Column("wave_id", sa.Integer(), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("quota", sa.JSON(), nullable=False),
        sa.Column("languages", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(["survey_id"], ["survey.id"], name="fk_round_survey_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["wave_id"], ["wave.id"], name="fk_round_wave_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_round"),
        sa.UniqueConstraint("survey_id", "wave_id", name="uq_round_survey_id_wave_id"),
    )
    op.create_index("ix_round_wave_id", "round", ["wave_id"])


def _survey_version() -> None:
    op.create_table(
        "survey_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("survey_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("breaks", sa.JSON(), nullable=False),
        sa.Column("coding", sa.JSON(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["survey_id"], ["survey.id"], name="fk_survey_version_survey_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_survey_version"),
        sa.UniqueConstraint("survey_id", "number", name="uq_survey_version_survey_id_number"),
        sqlite_autoincrement=True,
    )


def _webhook_delivery() -> None:
    op.create_table(
        "webhook_delivery",
        sa.Column("id", BIG, nullable=False),
        sa.Column("webhook_id", sa.Integer(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("response_id", BIG, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhook.id"], name="fk_webhook_delivery_webhook_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_delivery"),
        sa.UniqueConstraint("webhook_id", "event", "response_id", name="uq_webhook_delivery_webhook_id_event_response_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_webhook_delivery_state_next_at", "webhook_delivery", ["state", "next_at"])


def _quota_count() -> None:
    op.create_table(
        "quota_count",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("segment", sa.String(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name="fk_quota_count_round_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("round_id", "segment", name="pk_quota_count"),
    )


def _api_request() -> None:
    op.create_table(
        "api_request",
        sa.Column("api_key_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("body_hash", sa.String(), nullable=False),
        sa.Column("response_id", BIG, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["api_key_id"], ["api_key.id"], name="fk_api_request_api_key_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["response_id"], ["response.id"], name="fk_api_request_response_id", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("api_key_id", "key", name="pk_api_request"),
    )
    op.create_index("ix_api_request_created_at", "api_request", ["created_at"])
    op.create_index("ix_api_request_response_id", "api_request", ["response_id"])


def _invitation() -> None:
    op.create_table(
        "invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("link_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("response_id", BIG, nullable=True),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name="fk_invitation_contact_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["link_id"], ["link.id"], name="fk_invitation_link_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["response_id"], ["response.id"], name="fk_invitation_response_id", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_invitation"),
        sa.UniqueConstraint("link_id", "contact_id", name="uq_invitation_link_id_contact_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_invitation_contact_id", "invitation", ["contact_id"])
    op.create_index("ix_invitation_response_id", "invitation", ["response_id"])


def _invitation_token() -> None:
    op.create_table(
        "invitation_token",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("invitation_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["invitation_id"], ["invitation.id"], name="fk_invitation_token_invitation_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token_hash", name="pk_invitation_token"),
    )
    op.create_index("ix_invitation_token_invitation_id", "invitation_token", ["invitation_id"])


def _mail() -> None:
    op.create_table(
        "mail",
        sa.Column("id", BIG, nullable=False),
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("invitation_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("to", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name="fk_mail_contact_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["invitation_id"], ["invitation.id"], name="fk_mail_invitation_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["program_id"], ["program.id"], name="fk_mail_program_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_mail"),
        sa.UniqueConstraint("invitation_id", "kind", "number", name="uq_mail_invitation_id_kind_number"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_mail_contact_id", "mail", ["contact_id"])
    op.create_index("ix_mail_program_id", "mail", ["program_id"])
    op.create_index("ix_mail_state_next_at", "mail", ["state", "next_at"])


def _visit() -> None:
    op.create_table(
        "visit",
        sa.Column("id", BIG, nullable=False),
        sa.Column("survey_version_id", sa.Integer(), nullable=False),
        sa.Column("link_id", sa.Integer(), nullable=False),
        sa.Column("invitation_id", sa.Integer(), nullable=True),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("secret_hash", sa.String(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("at_page", sa.String(), nullable=False),
        sa.Column("reached", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seconds", sa.Integer(), nullable=True),
        sa.Column("response_id", BIG, nullable=True),
        sa.ForeignKeyConstraint(["invitation_id"], ["invitation.id"], name="fk_visit_invitation_id", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["link_id"], ["link.id"], name="fk_visit_link_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["response_id"], ["response.id"], name="fk_visit_response_id", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["survey_version_id"], ["survey_version.id"], name="fk_visit_survey_version_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_visit"),
        sa.UniqueConstraint("invitation_id", name="uq_visit_invitation_id"),
        sa.UniqueConstraint("key", name="uq_visit_key"),
        sa.UniqueConstraint("secret_hash", name="uq_visit_secret_hash"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_visit_link_id_state", "visit", ["link_id", "state"])
    op.create_index("ix_visit_response_id", "visit", ["response_id"])
    op.create_index("ix_visit_state_updated_at", "visit", ["state", "updated_at"])
    op.create_index("ix_visit_survey_version_id", "visit", ["survey_version_id"])

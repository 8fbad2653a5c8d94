"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _program()
    _clock()
    _mapping()
    _stage()
    _tombstone()
    _view()
    _wave()
    _import()
    _target()
    _touchpoint()
    _factor()
    _problem()
    _response()
    _layer()
    _question()


def downgrade() -> None:
    for table in (
        "question",
        "layer",
        "response",
        "problem",
        "factor",
        "touchpoint",
        "target",
        "import",
        "wave",
        "view",
        "tombstone",
        "stage",
        "mapping",
        "clock",
        "program",
    ):
        op.drop_table(table)


def _program() -> None:
    op.create_table(
        "program",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("name", sa.JSON(), nullable=False),
        sa.Column("timezone", sa.String(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("loyalty", sa.JSON(), nullable=False),
        sa.Column("primary", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_program"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_program_slug", "program", ["slug"], unique=True)


def _clock() -> None:
    op.create_table(
        "clock",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("ver", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["program_id"], ["program.id"], name="fk_clock_program_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("program_id", name="pk_clock"),
    )


def _mapping() -> None:
    op.create_table(
        "mapping",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("program_id", sa.Integer(), nullable=True),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["program_id"], ["program.id"], name="fk_mapping_program_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_mapping"),
        sa.UniqueConstraint("name", name="uq_mapping_name"),
    )
    op.create_index("ix_mapping_fingerprint", "mapping", ["fingerprint"])
    op.create_index("ix_mapping_program_id", "mapping", ["program_id"])


def _stage() -> None:
    op.create_table(
        "stage",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.JSON(), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["program_id"], ["program.id"], name="fk_stage_program_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_stage"),
        sa.UniqueConstraint("program_id", "code", name="uq_stage_program_id_code"),
    )
    op.create_index("ix_stage_program_id", "stage", ["program_id"])


def _tombstone() -> None:
    op.create_table(
        "tombstone",
        sa.Column("response_id", BIG, autoincrement=False, nullable=False),
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("ver", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["program_id"], ["program.id"], name="fk_tombstone_program_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("response_id", name="pk_tombstone"),
    )
    op.create_index("ix_tombstone_program_id_ver", "tombstone", ["program_id", "ver"])


def _view() -> None:
    op.create_table(
        "view",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("page", sa.String(), nullable=False),
        sa.Column("query", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["program_id"], ["program.id"], name="fk_view_program_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_view"),
        sa.UniqueConstraint("program_id", "name", name="uq_view_program_id_name"),
    )
    op.create_index("ix_view_program_id", "view", ["program_id"])


def _wave() -> None:
    op.create_table(
        "wave",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.JSON(), nullable=False),
        sa.Column("starts", sa.Date(), nullable=True),
        sa.Column("ends", sa.Date(), nullable=True),
        sa.Column("breaks", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["program_id"], ["program.id"], name="fk_wave_program_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_wave"),
        sa.UniqueConstraint("program_id", "code", name="uq_wave_program_id_code"),
    )
    op.create_index("ix_wave_program_id", "wave", ["program_id"])


def _import() -> None:
    op.create_table(
        "import",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("wave_id", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("mapping", sa.JSON(), nullable=False),
        sa.Column("codes", sa.JSON(), nullable=False),
        sa.Column("rows_read", sa.Integer(), nullable=False),
        sa.Column("rows_inserted", sa.Integer(), nullable=False),
        sa.Column("rows_updated", sa.Integer(), nullable=False),
        sa.Column("rows_empty", sa.Integer(), nullable=False),
        sa.Column("rows_rejected", sa.Integer(), nullable=False),
        sa.Column("problem_cells", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["program_id"], ["program.id"], name="fk_import_program_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["wave_id"], ["wave.id"], name="fk_import_wave_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_import"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_import_program_id", "import", ["program_id"])
    op.create_index("ix_import_program_id_sha256", "import", ["program_id", "sha256"])
    op.create_index("ix_import_wave_id", "import", ["wave_id"])


def _target() -> None:
    op.create_table(
        "target",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("figure", sa.String(), nullable=False),
        sa.Column("stage_id", sa.Integer(), nullable=True),
        sa.Column("attribute", sa.String(), nullable=True),
        sa.Column("value", sa.String(), nullable=True),
        sa.Column("goal", sa.Float(), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["program_id"], ["program.id"], name="fk_target_program_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["stage_id"], ["stage.id"], name="fk_target_stage_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_target"),
    )
    op.create_index("ix_target_program_id", "target", ["program_id"])
    op.create_index("ix_target_stage_id", "target", ["stage_id"])


def _touchpoint() -> None:
    op.create_table(
        "touchpoint",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stage_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.JSON(), nullable=False),
        sa.Column("domain", sa.String(), nullable=True),
        sa.Column("initiative", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["stage_id"], ["stage.id"], name="fk_touchpoint_stage_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_touchpoint"),
        sa.UniqueConstraint("stage_id", "code", name="uq_touchpoint_stage_id_code"),
    )
    op.create_index("ix_touchpoint_stage_id", "touchpoint", ["stage_id"])


def _factor() -> None:
    op.create_table(
        "factor",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("touchpoint_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["touchpoint_id"], ["touchpoint.id"], name="fk_factor_touchpoint_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_factor"),
        sa.UniqueConstraint("touchpoint_id", "code", name="uq_factor_touchpoint_id_code"),
    )
    op.create_index("ix_factor_touchpoint_id", "factor", ["touchpoint_id"])


def _problem() -> None:
    op.create_table(
        "problem",
        sa.Column("id", BIG, nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("column", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column("whole_row", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["import.id"], name="fk_problem_import_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_problem"),
    )
    op.create_index("ix_problem_import_id", "problem", ["import_id"])


def _response() -> None:
    op.create_table(
        "response",
        sa.Column("id", BIG, nullable=False),
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("wave_id", sa.Integer(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=True),
        sa.Column("row", sa.Integer(), nullable=True),
        sa.Column("respondent", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("weight", sa.Float(), nullable=True),
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("ver", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["import.id"], name="fk_response_import_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["program_id"], ["program.id"], name="fk_response_program_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["wave_id"], ["wave.id"], name="fk_response_wave_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_response"),
        sa.UniqueConstraint("program_id", "wave_id", "respondent", name="uq_response_program_id_wave_id_respondent"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_response_import_id", "response", ["import_id"])
    op.create_index("ix_response_program_id_ver", "response", ["program_id", "ver"])


def _layer() -> None:
    op.create_table(
        "layer",
        sa.Column("id", BIG, nullable=False),
        sa.Column("response_id", BIG, nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=True),
        sa.Column("row", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("weight", sa.Float(), nullable=True),
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("codes", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(["import_id"], ["import.id"], name="fk_layer_import_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["response_id"], ["response.id"], name="fk_layer_response_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_layer"),
        sa.UniqueConstraint("response_id", "import_id", name="uq_layer_response_id_import_id"),
    )
    op.create_index("ix_layer_import_id", "layer", ["import_id"])


def _question() -> None:
    op.create_table(
        "question",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("measure", sa.String(), nullable=False),
        sa.Column("stage_id", sa.Integer(), nullable=True),
        sa.Column("touchpoint_id", sa.Integer(), nullable=True),
        sa.Column("factor_id", sa.Integer(), nullable=True),
        sa.Column("lo", sa.Integer(), nullable=True),
        sa.Column("hi", sa.Integer(), nullable=True),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("wording", sa.JSON(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["factor_id"], ["factor.id"], name="fk_question_factor_id", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["program_id"], ["program.id"], name="fk_question_program_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["stage_id"], ["stage.id"], name="fk_question_stage_id", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["touchpoint_id"], ["touchpoint.id"], name="fk_question_touchpoint_id", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_question"),
        sa.UniqueConstraint("program_id", "code", name="uq_question_program_id_code"),
    )
    op.create_index("ix_question_factor_id", "question", ["factor_id"])
    op.create_index("ix_question_program_id", "question", ["program_id"])
    op.create_index("ix_question_stage_id", "question", ["stage_id"])
    op.create_index("ix_question_touchpoint_id", "question", ["touchpoint_id"])

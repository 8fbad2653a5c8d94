"""Run by Alembic inside the transaction that `cxdash.store.schema` opened."""

from alembic import context

from cxdash.store import account_tables, benchmark_tables, collect_tables, people_tables, share_tables  # noqa: F401  # their tables
from cxdash.store.tables import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite alters a table by rebuilding it
    transactional_ddl=True,  # also on SQLite: our connection really begins
    compare_type=True,
    user_module_prefix="tables.",
)
with context.begin_transaction():
    context.run_migrations()

from tests.databases import database_url, empty_url, engine, migrated, postgres  # noqa: F401

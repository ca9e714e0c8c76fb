"""PostgreSQL: units of work, the outbox, migrations."""

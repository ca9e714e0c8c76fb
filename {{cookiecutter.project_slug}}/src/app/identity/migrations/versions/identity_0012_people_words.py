"""The words of names and addresses, and an index of them to find people by.

They are cut at spaces and at the marks of ASCII, by no dictionary. The function has a path of its
own and a cost, so that the planner neither looks into it nor takes it for cheap: it would read all
people otherwise. Without fast updates the index has no list of new rows that a search reads whole.
"""

from alembic import op

revision = "identity_0012"
down_revision = "identity_0011"
branch_labels = None
depends_on = None

WORDS = r"""
    CREATE FUNCTION words_of_person(name text, email text) RETURNS tsvector
    LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1000 SET search_path = pg_catalog
    RETURN array_to_tsvector(array_remove(string_to_array(translate(
        lower(name || ' ' || email), '!"#$%&''()*+,-./:;<=>?@[\]^_`{|}~', repeat(' ', 32)
    ), ' '), ''))
"""
INDEX = """
    CREATE INDEX ix_users_words ON users USING gin (words_of_person(name, email))
    WITH (fastupdate = off)
"""


def upgrade() -> None:
    op.execute(WORDS)
    op.execute(INDEX)


def downgrade() -> None:
    op.drop_index("ix_users_words", table_name="users")
    op.execute("DROP FUNCTION words_of_person(text, text)")

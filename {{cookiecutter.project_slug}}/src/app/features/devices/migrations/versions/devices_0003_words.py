"""The words of the names of devices, and an index of them to find devices by.

A lexeme is the id of the owner and the end of a word, from each of its letters on: how an end
begins is any part of the word, and a search reads the entries of one owner, however many others
there are. The function has a path of its own and a cost, so that the planner neither looks into it
nor takes it for cheap: it would read all devices otherwise. It loops, since a query in it takes ten
times as long. Without fast updates the index has no list of new rows that a search reads whole.
"""

from alembic import op

revision = "devices_0003"
down_revision = "devices_0002"
branch_labels = None
depends_on = None

WORDS = r"""
    CREATE FUNCTION words_of_device(owner_id uuid, name text) RETURNS tsvector
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 1000 SET search_path = pg_catalog AS $$
    DECLARE
        marks CONSTANT text := '!"#$%&''()*+,-./:;<=>?@[\]^_`{|}~';
        ends text[] := '{}';
        word text;
    BEGIN
        FOREACH word IN ARRAY string_to_array(
            translate(lower(name), marks, repeat(' ', length(marks))), ' '
        ) LOOP
            FOR letter IN 1..length(word) LOOP
                ends := ends || (owner_id || ' ' || substr(word, letter));
            END LOOP;
        END LOOP;
        RETURN array_to_tsvector(ends);
    END $$
"""
INDEX = """
    CREATE INDEX ix_devices_words ON devices USING gin (words_of_device(owner_id, name))
    WITH (fastupdate = off)
"""


def upgrade() -> None:
    op.execute(WORDS)
    op.execute(INDEX)


def downgrade() -> None:
    op.drop_index("ix_devices_words", table_name="devices")
    op.execute("DROP FUNCTION words_of_device(uuid, text)")

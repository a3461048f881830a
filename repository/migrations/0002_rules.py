"""Rules that need more than a CHECK: no cycles among groups and communities; an owner's membership always exists."""

from django.db import migrations

# Taken by every change of a hierarchy: two transactions that each add half of a cycle would not see each other.
GROUP_CYCLE = """
CREATE FUNCTION repository_refuse_group_cycle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('repository_groupnesting'));
    IF NEW.parent_id = NEW.child_id OR EXISTS (
        WITH RECURSIVE above(id) AS (
            SELECT parent_id FROM repository_groupnesting WHERE child_id = NEW.parent_id
            UNION SELECT n.parent_id FROM repository_groupnesting n JOIN above ON n.child_id = above.id
        ) SELECT 1 FROM above WHERE id = NEW.child_id
    ) THEN
        RAISE EXCEPTION 'a group cannot contain itself' USING ERRCODE = 'check_violation', CONSTRAINT = 'group_cycle';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER group_cycle BEFORE INSERT OR UPDATE ON repository_groupnesting
    FOR EACH ROW EXECUTE FUNCTION repository_refuse_group_cycle();
"""

COMMUNITY_CYCLE = """
CREATE FUNCTION repository_refuse_community_cycle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('repository_community'));
    IF EXISTS (
        WITH RECURSIVE above(id) AS (
            SELECT NEW.parent_id
            UNION SELECT c.parent_id FROM repository_community c JOIN above ON c.id = above.id
        ) SELECT 1 FROM above WHERE id = NEW.id
    ) THEN
        RAISE EXCEPTION 'a community cannot contain itself'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'community_cycle';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER community_cycle BEFORE INSERT OR UPDATE OF parent_id ON repository_community
    FOR EACH ROW WHEN (NEW.parent_id IS NOT NULL) EXECUTE FUNCTION repository_refuse_community_cycle();
"""

OWNER_IS_MEMBER = """
ALTER TABLE repository_item ADD CONSTRAINT item_owner_is_member FOREIGN KEY (id, owning_collection_id)
    REFERENCES repository_itemcollection (item_id, collection_id) DEFERRABLE INITIALLY DEFERRED
"""


class Migration(migrations.Migration):
    dependencies = [("repository", "0001_initial")]
    operations = [
        migrations.RunSQL(
            GROUP_CYCLE, "DROP TRIGGER group_cycle ON repository_groupnesting; DROP FUNCTION repository_refuse_group_cycle"
        ),
        migrations.RunSQL(
            COMMUNITY_CYCLE,
            "DROP TRIGGER community_cycle ON repository_community; DROP FUNCTION repository_refuse_community_cycle",
        ),
        migrations.RunSQL(OWNER_IS_MEMBER, "ALTER TABLE repository_item DROP CONSTRAINT item_owner_is_member"),
    ]

"""Numbers and names that DSpace gives to object types and actions, and the fixed identities of this system."""

from enum import IntEnum
from uuid import UUID


class ObjectType(IntEnum):
    """DSpace's type numbers (Constants.java), as they stand in handles and policies."""

    BITSTREAM = 0
    BUNDLE = 1
    ITEM = 2
    COLLECTION = 3
    COMMUNITY = 4
    SITE = 5
    GROUP = 6
    EPERSON = 7


class Action(IntEnum):
    """DSpace's action numbers (Constants.java)."""

    READ = 0
    WRITE = 1
    DELETE = 2
    ADD = 3
    REMOVE = 4
    WORKFLOW_STEP_1 = 5
    WORKFLOW_STEP_2 = 6
    WORKFLOW_STEP_3 = 7
    WORKFLOW_ABORT = 8
    DEFAULT_BITSTREAM_READ = 9
    DEFAULT_ITEM_READ = 10
    ADMIN = 11
    WITHDRAWN_READ = 12


# Fixed so that no query is needed to know them; DSpace draws them at random, and exchanges groups by name.
ANONYMOUS_GROUP = UUID("00000000-0000-4000-8000-000000000001")
ADMINISTRATOR_GROUP = UUID("00000000-0000-4000-8000-000000000002")
SITE = UUID("00000000-0000-4000-8000-000000000003")

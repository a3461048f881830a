"""The table of transitions, and the database that holds it."""

import pytest
from django.db import IntegrityError, transaction

from identifiers.doi.states import TRANSITIONS, State
from identifiers.models import DOI

pytestmark = pytest.mark.django_db


def test_the_states_have_dspace_s_names_and_numbers():
    assert [state.name for state in State] == [
        "TO_BE_REGISTERED",
        "TO_BE_RESERVED",
        "IS_REGISTERED",
        "IS_RESERVED",
        "UPDATE_RESERVED",
        "UPDATE_REGISTERED",
        "UPDATE_BEFORE_REGISTRATION",
        "TO_BE_DELETED",
        "DELETED",
        "PENDING",
        "MINTED",
    ]
    assert [int(state) for state in State] == list(range(1, 12))


def test_the_database_takes_the_transitions_of_the_table_and_no_other():
    row = DOI.objects.create(doi="10.1000/x", state=State.MINTED)
    for old in State:
        for new in State:
            DOI.objects.all().delete()
            row = DOI.objects.create(doi="10.1000/x", state=old)
            row.state = new
            if new == old or new in TRANSITIONS[old]:
                row.save()
            else:
                with pytest.raises(IntegrityError, match="can't become"), transaction.atomic():
                    row.save()


@pytest.mark.parametrize("state", [0, 12, -1])
def test_the_database_knows_no_other_state(state):
    with pytest.raises(IntegrityError), transaction.atomic():
        DOI.objects.create(doi="10.1000/x", state=state)


@pytest.mark.parametrize("doi", ["x/1", "10.1000", "10.1000/a b", ""])
def test_the_database_refuses_what_is_no_doi(doi):
    with pytest.raises(IntegrityError), transaction.atomic():
        DOI.objects.create(doi=doi, state=State.MINTED)


def test_a_doi_is_there_once_whatever_its_case():
    DOI.objects.create(doi="10.1000/abc", state=State.MINTED)
    with pytest.raises(IntegrityError), transaction.atomic():
        DOI.objects.create(doi="10.1000/ABC", state=State.MINTED)

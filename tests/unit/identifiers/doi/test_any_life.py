"""Whatever happens to an item, in whatever order, and whatever goes wrong: in the end the agency has what is true."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from identifiers import services
from identifiers.connectors.memory import MemoryConnector
from identifiers.connectors.port import AgencyOutOfReach, AgencyUnavailable, DOIRefused, Refusal
from identifiers.doi import claims, registry
from identifiers.doi.settling import Settling
from identifiers.doi.states import Action as DOIAction
from identifiers.doi.states import State
from identifiers.models import DOI
from repository.authorize import SYSTEM
from repository.constants import Action
from repository.metadata import Value
from repository.models import Item
from repository.services import editing, items, policies, prefixes
from tests import factories
from tests.factories import NOW
from tests.unit.identifiers.doi.conftest import everything, follow
from tests.unit.identifiers.doi.test_life import READ

pytestmark = pytest.mark.django_db

CALLS = ("register", "reserve", "update", "hide", "show", "delete")
SETTLED = {State.IS_REGISTERED, State.IS_RESERVED, State.PENDING, State.DELETED, State.MINTED}


@dataclass
class World:
    """One item and what a person, a clock or a bad day does to it; titles count up."""

    agency: MemoryConnector
    item: Item = field(default_factory=factories.item)
    edits: int = 0

    def __post_init__(self) -> None:
        self.item_id = self.item.pk

    @property
    def now(self) -> Item | None:
        return Item.objects.filter(pk=self.item.pk).first()

    def edit(self) -> None:
        self.edits += 1
        patch = editing.Patch(replace={"dc.title": [Value(f"Title {self.edits}")]})
        if item := self.now:
            editing.edit_metadata(acting_user=SYSTEM, obj=item, patch=patch, now=NOW)

    def undo(self) -> None:
        if self.edits:
            self.edits -= 2
            self.edit()

    def rename(self) -> None:
        """All handles get another prefix, the address of the item and of its tombstone with them."""
        old = self.handle.partition("/")[0]
        prefixes.change_handle_prefix(acting_user=SYSTEM, old=old, new=f"{old}.1", now=NOW)

    @property
    def handle(self) -> str:
        return services.handle_of(self.item_id)

    def withdraw(self) -> None:
        if (item := self.now) and item.in_archive:
            items.withdraw(acting_user=SYSTEM, item=item, now=NOW)

    def reinstate(self) -> None:
        if (item := self.now) and item.withdrawn:
            items.reinstate(acting_user=SYSTEM, item=item, now=NOW)

    def close(self) -> None:
        self._readable([])

    def open(self) -> None:
        self._readable([READ])

    def _readable(self, specs: list[policies.PolicySpec]) -> None:
        if item := self.now:
            policies.replace_policies(acting_user=SYSTEM, obj=item, action=Action.READ, specs=specs, now=NOW)

    def expunge(self) -> None:
        if item := self.now:
            items.expunge(acting_user=SYSTEM, item=item, now=NOW)

    def restore(self) -> None:
        if self.now is None:
            self.item = factories.item(f"Title {self.edits}", handle=self.handle)
            self.item_id = self.item.pk

    def ask_for_registration(self) -> None:
        if (row := registry.of_object(self.item.pk)) and row.state not in (State.TO_BE_DELETED, State.DELETED):
            registry.ask(row.pk, State.TO_BE_REGISTERED)

    def ask_for_update(self) -> None:
        if row := registry.of_object(self.item.pk):
            registry.ask_update(row.pk)

    def look(self) -> None:
        follow()

    def organise(self) -> None:
        everything()

    def refused(self) -> None:
        with self._before(DOIRefused(Refusal.BAD_REQUEST, "no")):
            everything()

    def not_answered(self) -> None:
        with self._before(AgencyUnavailable("no answer in time")):
            everything()

    def out_of_reach(self) -> None:
        with self._before(AgencyOutOfReach("no such host")):
            everything()

    def tell_again(self) -> None:
        registry.tell_again()

    def answer_lost(self) -> None:
        with self._after(AgencyUnavailable("half an answer")):
            everything()

    def killed_at_once(self) -> None:
        """We have claimed what waits, and die before the agency is asked or told."""
        with claims.running() as run:
            for action in DOIAction:
                claims.claim(run, claims.Which(action, now=timezone.now(), began=timezone.now()), limit=8)

    def killed(self) -> None:
        """The agency has said yes, and we die before we write it down."""

        def die(*_: object) -> None:
            raise KeyboardInterrupt

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Settling, "_accept", die)
            with suppress(KeyboardInterrupt):
                everything()

    def changed_during_the_call(self) -> None:
        """The item is edited, and closed or opened, after it was read and before the answer is written."""
        self._during(Settling, "settle", self.edit, self._turn)

    def changed_before_the_call(self) -> None:
        """The same, after the agency was asked whether it has the DOI from others, and before it is told."""
        self._during(claims, "sending", self.edit, self._turn)

    def expunged_during_the_call(self) -> None:
        self._during(Settling, "settle", self.expunge)

    def expunged_before_the_call(self) -> None:
        self._during(claims, "sending", self.expunge)

    def _turn(self) -> None:
        (self.reinstate if self.now and self.now.withdrawn else self.withdraw)()

    def _during(self, owner: object, name: str, *changes: Callable[[], None]) -> None:
        """A run in which these changes come before each call of a function."""
        called = getattr(owner, name)

        def meanwhile(*args: object) -> object:
            for change in changes:
                change()
            follow()
            return called(*args)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(owner, name, meanwhile)
            everything()

    @contextmanager
    def _before(self, error: Exception) -> Iterator[None]:
        def fail(call: str, doi: str) -> None:
            if not call.startswith("is_"):
                raise error

        self.agency.before = fail
        yield
        self.agency.before = lambda call, doi: None

    @contextmanager
    def _after(self, error: Exception) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            for name in CALLS:
                patch.setattr(self.agency, name, failing(getattr(self.agency, name), error))
            yield


def failing(call: Callable[..., None], error: Exception) -> Callable[..., None]:
    def called(*args: object, **kwargs: object) -> None:
        call(*args, **kwargs)
        raise error

    return called


EVENTS = [
    *(World.edit, World.undo, World.withdraw, World.reinstate, World.close, World.open, World.expunge, World.restore),
    *(World.rename, World.look, World.organise, World.refused),
    *(World.ask_for_registration, World.ask_for_update, World.tell_again),
    *(World.not_answered, World.out_of_reach, World.answer_lost, World.killed, World.killed_at_once),
    *(World.changed_during_the_call, World.changed_before_the_call),
    *(World.expunged_during_the_call, World.expunged_before_the_call),
]


@pytest.mark.parametrize("wish", ["register", "reserve"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=st.lists(st.sampled_from(EVENTS), max_size=14))
@example(events=[World.organise, World.withdraw, World.look, World.answer_lost, World.reinstate])
@example(events=[World.organise, World.withdraw, World.look, World.killed, World.reinstate])
@example(events=[World.killed_at_once, World.withdraw, World.look, World.organise, World.reinstate])
@example(events=[World.killed_at_once, World.expunge, World.look, World.tell_again, World.organise, World.restore])
@example(events=[World.killed_at_once, World.withdraw, World.look, World.expunge, World.look])
@example(events=[World.killed_at_once, World.expunge, World.look, World.tell_again, World.restore, World.expunge])
def test_in_the_end_the_agency_has_what_is_true(agency, configure, wish, events):
    configure({"identifier.doi.on_archive": wish})
    agency.dois.clear()
    with transaction.atomic():
        world = World(agency)
        for event in events:
            event(world)
            shows_only_what_is_registered(world)
        follow()
        for row in DOI.objects.all():
            registry.retry(row.pk)  # what was refused must not rest now
        everything()
        agrees(world)
        agency.calls.clear()
        follow()
        everything()
        assert agency.calls == [], "told once is told"
        agrees(world)
        transaction.set_rollback(True)


def shows_only_what_is_registered(world: World) -> None:
    if registry.registered_url(world.item.pk):
        known = world.agency.dois[DOI.objects.get().doi.upper()]
        assert known.state != "draft"


def agrees(world: World) -> None:
    row = DOI.objects.get()
    assert row.state in SETTLED, State(row.state).name
    assert row.last_error == ""
    known, item = world.agency.dois.get(row.doi.upper()), world.now
    found = known is not None and known.state == "findable"
    if known is not None and known.state != "draft":
        assert known.url.endswith(f"/handle/{world.handle}")
    if item is None:
        assert not found
        assert row.state == State.DELETED
        return
    public = item.in_archive and item.policies.filter(action=Action.READ).exists()
    if row.state == State.IS_RESERVED:
        assert known
        assert known.state == "draft"
    else:
        assert found == public
    if found or row.state == State.IS_RESERVED:
        assert f">{item.md.first('dc.title') if public else ':tba'}</" in known.metadata
    noted = item.md.values("dc.identifier.uri").count(f"https://doi.org/{row.doi}")
    assert noted <= 1
    assert noted or not found

"""New rules are posted apart from everything else, and taken back as they were posted."""

from datetime import date, timedelta

import polars as pl
import pytest

from assessment import ledger as pen
from assessment.engine.verify import verify_ledger
from assessment.enums import VersionStatus
from assessment.models import Batch, PointEntry, PointScheme, Standing
from assessment.queries.nights import POINTS
from assessment.queries.rulebook import rule_book
from assessment.queries.shards import shard_at, shards
from assessment.services import night, reversal
from assessment.services.by_hand import adjust
from events.enums import Measure
from events.models import Event, Record, RecordKind
from portal.kernel import runs
from tests.assessment.facts import came, held, ledger, scheme
from tests.world import NOW, TODAY

NEXT = TODAY + timedelta(days=1)
LATER = TODAY + timedelta(days=2)


def count(day):
    for shard in shards():
        night.count_points(shard, day)


def totals():
    return {standing.person_id: standing.points for standing in Standing.objects.all()}


def attend(world, day, parent=0):
    title = f"Talk {Event.objects.count()}"
    return came(world.parents[parent], held(world.schools[0], world.kinds["lecture"], day, title=title))


@pytest.fixture
def changed(world):
    """A night by the first rules; then new ones are published that give twice as much, and a late record comes in
    before the night that posts them."""
    scheme(world, {"code": "lecture"})
    for parent in (0, 1):
        attend(world, TODAY, parent)
    count(TODAY)
    version = scheme(
        world, {"code": "lecture", "points": 2}, begins=TODAY, of=PointScheme.objects.get(), published_at=NOW
    )
    attend(world, TODAY)
    count(NEXT)
    return version


def test_new_rules_are_posted_in_a_batch_of_their_own(world, changed):
    assert list(Batch.objects.order_by("pk").values_list("kind", "version", "lines", "points")) == [
        ("night", None, 1, 1),
        ("night", None, 1, 1),
        ("night", None, 1, 1),
        ("rules", changed.pk, 4, 2),
        ("rules", changed.pk, 2, 1),
    ]
    assert totals() == {world.parents[0].pk: 4, world.parents[1].pk: 2}
    assert verify_ledger() == []


def test_the_night_posts_what_a_look_at_the_rules_showed(world):
    """Byte for byte, apart from the numbers of rows."""
    scheme(world, {"code": "lecture"})
    attend(world, TODAY)
    count(TODAY)
    shard = shard_at(world.stations[0].path)
    draft = scheme(world, {"code": "lecture", "points": 3}, begins=TODAY, of=PointScheme.objects.get())
    type(draft).objects.filter(pk=draft.pk).update(status=VersionStatus.DRAFT)
    book = night.with_version(rule_book(world.county), draft)
    shown = pen.lines_of(night.look(shard, NEXT, book, everybody=True).difference, NEXT)
    type(draft).objects.filter(pk=draft.pk).update(status=VersionStatus.PUBLISHED, published_at=NOW)
    count(NEXT)
    posted = list(PointEntry.objects.filter(batch__version=draft).order_by("pk").values(*pen.chain.CANONICAL))
    assert pl.DataFrame(posted, schema=shown.select(pen.chain.CANONICAL).schema).equals(
        shown.select(pen.chain.CANONICAL)
    )
    assert len(posted) == 2


def test_taken_back_the_next_night_posts_nothing(world, changed):
    rules = Batch.objects.filter(kind="rules").first()
    made = reversal.reverse_batch(rules, reason="too much", actor=world.as_("county_admin"), now=NOW)
    assert [(batch.kind, batch.undoes.version_id, batch.points) for batch in made] == [
        ("reversal", changed.pk, -2),
        ("reversal", changed.pk, -1),
    ]
    assert totals() == {world.parents[0].pk: 2, world.parents[1].pk: 1}
    assert verify_ledger() == []
    before = ledger()
    for day in (NEXT, LATER):
        count(day)
    assert ledger() == before
    assert verify_ledger() == []


def test_a_reversal_holds_no_late_record(world, changed):
    attend(world, TODAY, parent=1)
    rules = Batch.objects.filter(kind="rules").first()
    made = reversal.reverse_batch(rules, reason="too much", actor=world.as_("county_admin"), now=NOW)
    assert sum(batch.points for batch in made) == -4
    late = Batch.objects.get(pk=made[-1].pk - 1)
    assert (late.kind, late.points) == ("night", 2)
    assert totals() == {world.parents[0].pk: 2, world.parents[1].pk: 2}


def test_it_is_taken_back_once_and_in_turn(world, changed):
    rules = Batch.objects.filter(kind="rules").first()
    third = scheme(world, {"code": "lecture"}, begins=NEXT, of=PointScheme.objects.get(), published_at=NOW)
    with pytest.raises(reversal.ReversalRefused) as refused:
        reversal.reverse_batch(rules, reason="x", actor=world.as_("county_admin"), now=NOW)
    assert refused.value.code == "not_the_last"
    reversal.withdraw_version(third, reason="x", actor=world.as_("county_admin"), now=NOW)

    def back():
        return reversal.reverse_batch(rules, reason="x", actor=world.as_("county_admin"), now=NOW)

    assert back()
    with pytest.raises(reversal.ReversalRefused) as refused:
        back()
    assert refused.value.code == "reversed"


def test_a_night_that_counts_by_rules_just_withdrawn_counts_again(world, changed, monkeypatch):
    """Withdrawn between its looking and its posting."""
    attend(world, NEXT)
    look, others = night.look, []

    def look_and_be_overtaken(*args, **how):
        outlook = look(*args, **how)
        if not others:
            others.append(True)
            reversal.withdraw_version(changed, reason="x", actor=world.as_("county_admin"), now=NOW)
        return outlook

    monkeypatch.setattr(night, "look", look_and_be_overtaken)
    count(LATER)
    assert totals() == {world.parents[0].pk: 3, world.parents[1].pk: 1}
    assert verify_ledger() == []


def test_nothing_rests_on_rules_that_were_withdrawn(world):
    """What the withdrawn version had posted and the one before gives as well is posted anew under that one: else
    nobody would know any more that points were spent, by the hour, or how long they are valid."""
    service = RecordKind.objects.create(code="service", name="Service", measure=Measure.HOURS, most=9)
    goods = RecordKind.objects.create(code="goods", name="Goods", most=9)

    def publish(points, **more):
        made = scheme(
            world,
            {"code": "lecture", "points": points},
            {"code": "goods", "source": "record", "effect": "spend", "points": -2},
            {"code": "service", "source": "record", "per": "hour"},
            stars=({"level": 1, "threshold": 3, "basis": "hours"},),
            **more,
        )
        for kind in (service, goods):
            made.rules.get(code=kind.code).items.set([kind])
        return made

    first = publish(1)
    attend(world, TODAY)
    count(TODAY)
    second = publish(3, begins=TODAY, of=first.scheme, published_at=NOW)
    count(NEXT)
    for kind, quantity in ((service, 3), (goods, 1)):
        Record.objects.create(
            kind=kind, person=world.parents[0], unit=world.schools[0], happened_on=NEXT, quantity=quantity
        )
    count(LATER)

    def own():
        standing = Standing.objects.get(person=world.parents[0])
        return standing.points, standing.points_ever, standing.available, standing.star

    assert own() == (6, 6, 4, 1)
    reversal.withdraw_version(second, reason="too much", actor=world.as_("county_admin"), now=NOW)
    assert own() == (4, 4, 2, 1)
    standing = PointEntry.objects.filter(reverses=None, reversals=None)
    assert set(standing.values_list("rule__version", flat=True)) == {first.pk}
    before = ledger()
    count(LATER + timedelta(days=1))
    assert (ledger(), own()) == (before, (4, 4, 2, 1))
    assert verify_ledger() == []


def test_a_look_back_that_was_cut_off_does_not_make_the_last_day_undone(world, changed):
    """The night had begun to look at the last day again: what that day has earned stays."""
    attend(world, NEXT)
    count(NEXT)
    before = totals()
    for shard in shards():
        runs.start_in_order(POINTS, NEXT, shard.path)
    made = reversal.withdraw_version(changed, reason="x", actor=world.as_("county_admin"), now=NOW)
    assert sum(batch.points for batch in made) == -4
    assert totals() == {person: points // 2 for person, points in before.items()}


def test_rules_that_alone_hold_today_are_not_withdrawn(world):
    """Others that begin later do not help: there would be nothing to count by, and every standing would stay as it
    is."""
    now = scheme(world, {"code": "lecture"}, published_at=NOW)
    scheme(world, {"code": "lecture"}, begins=date(2030, 1, 1), of=now.scheme)
    attend(world, TODAY)
    count(TODAY)
    with pytest.raises(reversal.ReversalRefused) as refused:
        reversal.withdraw_version(now, reason="x", actor=world.as_("county_admin"), now=NOW)
    assert refused.value.code == "the_only"


def test_nobody_takes_back_what_was_posted_to_the_own_points(world):
    scheme(world, {"code": "lecture"})
    adjust(world.parents[0], points=-2, reason="x", actor=world.as_("county_staff"), now=NOW)
    posted = Batch.objects.get()
    for take_back in (reversal.ask_for_reversal, reversal.reverse_batch):
        more = {"now": NOW} if take_back is reversal.reverse_batch else {}
        with pytest.raises(reversal.ReversalRefused) as refused:
            take_back(posted, reason="x", actor=world.parents[0], **more)
        assert refused.value.code == "own_points"

"""Every published set of rules, as data: what the source says is counted, what it leaves open is said."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from assessment.enums import Effect, VersionStatus
from assessment.models import PointEntry, PointRule, Standing
from assessment.services.night import count_through
from assessment.services.schemes import READY, SchemeRefused, load_scheme, publish_version, read_ready_scheme
from events.models import RecordKind
from events.services.records import put_down_record, settle_complaint, take_back_record
from tests.assessment.facts import held
from tests.world import NOW, TODAY

BEGUN = date(2026, 9, 1)
NAMES = sorted(path.stem.removeprefix("points_") for path in READY.glob("points_*.json"))
DRAFTED = {"hymon": ["whisper", "class-reply"], "shangcheng": ["online-learning", "offline-training"]}


def load(world, name):
    given = read_ready_scheme(name)
    return load_scheme(given, county=world.county, effective_from=BEGUN, actor=None, now=NOW).scheme


def put_down(world, code, quantity=1, *, on=TODAY, event=None, note="", who=0):
    return put_down_record(
        world.parents[who],
        kind=RecordKind.objects.get(code=code),
        unit=world.schools[0],
        happened_on=on,
        quantity=quantity,
        event=event,
        note=note,
        actor=None,
        now=NOW,
    )


def night(day=TODAY):
    assert {run.status for run in count_through(day)} == {"done"}


def standing(world):
    own = Standing.objects.get(person=world.parents[0])
    return own.points, own.available, own.star


@pytest.mark.parametrize("name", NAMES)
def test_what_has_a_value_is_published_and_what_has_none_waits_in_a_draft(world, name):
    scheme = load(world, name)
    versions = {version.status: version for version in scheme.versions.all()}
    waiting = DRAFTED.get(name, [])
    empty = PointRule.objects.filter(version__scheme=scheme, points=0).exclude(effect=Effect.VOID)
    assert sorted(empty.values_list("code", flat=True)) == sorted(waiting)
    assert (VersionStatus.DRAFT in versions) is bool(waiting)
    if waiting:
        with pytest.raises(SchemeRefused):
            publish_version(versions[VersionStatus.DRAFT], actor=None, now=NOW)
    assert "" not in (scheme.gaps, scheme.source)


PUBLISHED = {
    "hymon": [1, 2, 1, 10, 5, 1, 10, 2, 5, 1, -1, -1, -1],
    "daowen": [1, 1, 1, 1, 1, 2, 2, 2, 2, 2, -1],
    "hailin": [1, 2, 0, -1],
}


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_points_are_the_published_ones(world, name):
    rules = load(world, name).versions.get(status=VersionStatus.PUBLISHED).rules.order_by("order")
    assert list(rules.values_list("points", flat=True)) == PUBLISHED[name]


@pytest.mark.parametrize(
    ("name", "thresholds"),
    [
        ("daowen", {3: 0, 4: 10, 5: 20}),
        ("hymon", {3: 0, 4: 10, 5: 20}),
        ("wendeng", {1: 20, 2: 40, 3: 60, 4: 80, 5: 100}),
        ("guangdong", {1: 100, 2: 300, 3: 600, 4: 1000, 5: 1500}),
    ],
)
def test_thresholds_are_the_published_ones(world, name, thresholds):
    version = load(world, name).versions.get(status=VersionStatus.PUBLISHED)
    assert dict(version.stars.values_list("level", "threshold")) == thresholds


def test_hailin_two_hours_an_event_complaint_voids_and_spending_keeps_the_hours(world):
    """points_D_hailin_volunteer_ledger.csv, items 1 to 4."""
    load(world, "hailin")
    first, second = (held(world.schools[0], world.kinds["salon"], TODAY, title=title) for title in "AB")
    put_down(world, "event-hours", 3, event=first)
    put_down(world, "event-hours", 2, event=second)
    put_down(world, "recommended", 2)
    night()
    assert standing(world) == (8, 8, 0)
    complaint = put_down(world, "event-complaint", event=second)
    put_down(world, "quarter-exchange", 5)
    night(TODAY + timedelta(days=1))
    assert standing(world) == (6, 1, 0)
    void = PointEntry.objects.get(cut_by="void", reverses=None)
    assert (void.points, void.cut) == (0, 2)
    take_back_record(complaint, reason="不实", actor=None, now=NOW)
    night(TODAY + timedelta(days=2))
    assert standing(world) == (8, 3, 0)


def test_hymon_once_only_and_deductions(world):
    load(world, "hymon")
    for note in ("", "again"):
        put_down(world, "profile", note=note)
    put_down(world, "activity-sheet", 2)
    put_down(world, "deleted-post", 3)
    night()
    assert standing(world) == (10 + 20 - 3, 27, 5)


def test_daowen_term_end_exchange_leaves_points_and_star(world):
    load(world, "daowen")
    put_down(world, "traffic-volunteer")
    for note in "abcd":
        put_down(world, "parent-lecturer", note=note)
    night()
    assert standing(world) == (10, 10, 4)
    put_down(world, "term-exchange", 7)
    night(TODAY + timedelta(days=1))
    assert standing(world) == (10, 3, 4)


def test_wendeng_counts_hours(world):
    load(world, "wendeng")
    for note, hours in (("a", 20), ("b", 19)):
        put_down(world, "volunteer-hours", hours, note=note)
    night()
    assert standing(world)[2] == 1
    put_down(world, "volunteer-hours", 1, note="c")
    night(TODAY + timedelta(days=1))
    assert standing(world)[2] == 2


def test_guangdong_has_no_star_while_a_false_claim_is_open(world):
    load(world, "guangdong")
    for n in range(5):
        put_down(world, "volunteer-hours", 24, note=str(n))
    claim = put_down(world, "false-claim")
    night()
    assert standing(world) == (120, 120, 0)
    settle_complaint(claim, note="期满", actor=None, now=NOW)
    night(TODAY + timedelta(days=1))
    assert standing(world) == (120, 120, 1)


def test_hymon_learning_star_takes_five_articles(world):
    load(world, "hymon_learning")
    for n in range(4):
        put_down(world, "learning-article", note=str(n))
    put_down(world, "questionnaire")
    night()
    assert standing(world) == (10, 10, 0)
    put_down(world, "learning-article", note="5")
    night(TODAY + timedelta(days=1))
    assert standing(world) == (12, 12, 1)

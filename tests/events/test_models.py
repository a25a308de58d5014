import pytest
from django.db import IntegrityError

from events.models import EventKind
from tests.world import build_world

NAMES = {
    "lecture": "讲座",
    "salon": "沙龙",
    "parents_meeting": "家长会",
    "committee_meeting": "家委会会议",
    "exchange": "经验交流会",
    "open_day": "家长开放日",
    "parent_child": "亲子活动",
    "training": "培训",
    "dispatch": "调度会",
}


def test_the_kinds_of_both_counties_are_there_from_the_first_day(db):
    assert dict(EventKind.objects.values_list("code", "name")) == NAMES
    assert set(EventKind.objects.filter(for_families=False).values_list("code", flat=True)) == {
        "training",
        "dispatch",
    }
    assert str(EventKind.objects.first()) == "讲座"


def test_the_database_itself_refuses_the_same_event_twice(db):
    world = build_world()
    twin = world.events[0]
    twin.pk, twin._state.adding = None, True
    with pytest.raises(IntegrityError):
        twin.save()

"""Rules that count for a family: whoever of it earns, in whatever station they live."""

from datetime import date, timedelta

import polars as pl
import pytest

from assessment.models import DirtyPerson, PointEntry
from assessment.queries.families import families, kin_of
from assessment.services.night import count_through
from parentschool.enums import Relation
from parentschool.models import Guardianship
from tests.assessment.facts import came, held, revoke, scheme
from tests.world import TODAY


def test_a_family_is_whoever_cares_for_a_child_together_directly_or_through_others():
    cares = pl.DataFrame({"person_id": [5, 3, 3, 9, 7], "child_id": [1, 1, 2, 2, 4]})
    assert dict(families(cares).iter_rows()) == {3: 3, 5: 3, 9: 3, 7: 7}


@pytest.fixture
def couple(world):
    """The two parents, of two stations, care for one child."""
    Guardianship.objects.create(guardian=world.parents[1], child=world.children[0], relation=Relation.FATHER)
    return world.parents


def points():
    return {
        (entry.person_id, entry.happened_on): entry.points
        for entry in PointEntry.objects.filter(reverses=None, reversals=None)
    }


def night(day):
    assert [run.status for run in count_through(day) if run.status != "done"] == []


def test_the_limit_of_a_family_holds_over_stations_and_gives_room_back(world, couple):
    scheme(world, {"code": "salon", "points": 5, "cap_year": 10, "shared": "family"})
    mother, father = couple
    days = [date(2026, 9, day) for day in (10, 11, 12)]
    rows = [
        came(person, held(world.schools[0], world.kinds["salon"], day, title=str(day)))
        for person, day in zip((mother, father, father), days, strict=True)
    ]
    night(TODAY)
    assert points() == {(mother.pk, days[0]): 5, (father.pk, days[1]): 5, (father.pk, days[2]): 0}
    revoke(rows[0])
    night(TODAY + timedelta(days=1))
    assert points() == {(father.pk, days[1]): 5, (father.pk, days[2]): 5}
    assert not DirtyPerson.objects.exists()


def test_kin_are_the_others_of_the_family(world, couple):
    mother, father = couple
    assert kin_of(pl.Series([mother.pk])).to_list() == [father.pk]

from datetime import date

import pytest

from portal.kernel.models import AuditEntry
from tests.world import NOW
from training.enums import Tier
from training.models import Lecturer
from training.services import LecturerRefused, admit_lecturer, end_lecturer


def admit(world, **more):
    told = {
        "unit": world.county,
        "tier": Tier.COUNTY,
        "valid_from": date(2026, 9, 1),
        "actor": world.staff["county_staff"],
        "now": NOW,
        **more,
    }
    return admit_lecturer(world.staff["lecturer:0"], **told)


def test_a_lecturer_is_admitted_leaves_and_comes_back(world):
    lecturer = admit(world, specialities=" Feelings ")
    assert (lecturer.specialities, lecturer.valid_until) == ("Feelings", None)
    end_lecturer(lecturer, on=date(2026, 12, 1), actor=None, now=NOW)
    back = admit(world, valid_from=date(2027, 2, 1), unit=world.schools[0], tier=Tier.SCHOOL)
    assert (back.pk, back.unit, back.tier, back.valid_from, back.valid_until) == (
        lecturer.pk,
        world.schools[0],
        Tier.SCHOOL,
        date(2027, 2, 1),
        None,
    )
    actions = list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))
    assert actions == ["lecturer.admit", "lecturer.end", "lecturer.admit"]


@pytest.mark.parametrize("on", [date(2026, 9, 1), date(2026, 8, 1)])
def test_a_lecturer_serves_a_day_at_least(world, on):
    with pytest.raises(LecturerRefused) as refusal:
        end_lecturer(admit(world), on=on, actor=None, now=NOW)
    assert refusal.value.details["field"] == "on"
    assert Lecturer.objects.get().valid_until is None


def test_nobody_is_admitted_twice_or_while_still_there(world):
    lecturer = admit(world)
    with pytest.raises(LecturerRefused):
        admit(world)
    end_lecturer(lecturer, on=date(2026, 12, 1), actor=None, now=NOW)
    with pytest.raises(LecturerRefused) as refusal:
        admit(world, valid_from=date(2026, 11, 30))
    assert refusal.value.details["field"] == "valid_from"


@pytest.mark.parametrize(
    ("day", "serves"),
    [
        (date(2026, 8, 31), False),
        (date(2026, 9, 1), True),
        (date(2026, 11, 30), True),
        (date(2026, 12, 1), False),
    ],
)
def test_the_pool_is_asked_by_day(day, serves):
    assert Lecturer(valid_from=date(2026, 9, 1), valid_until=date(2026, 12, 1)).serves_on(day) is serves

"""Who may import a class list, and that only what was shown is written, all of it or nothing."""

import io
from dataclasses import replace

import pytest

from accounts.models import Person
from parentschool.models import Child
from parentschool.services.rosters import RosterRefused, check_roster, commit_roster
from tests.parentschool.class_lists import WANG, ZHANG, as_csv, check, counts, digests, roster, write
from tests.world import NOW


@pytest.fixture
def school(world):
    return world.schools[0]


@pytest.mark.parametrize(
    ("who", "unit"),
    [
        ("school_lead:0", "schools:1"),
        ("school_lead:0", "stations:0"),
        ("school_lead:0", "county"),
        ("station_lead:0", "schools:1"),
        ("station_lead:0", "county"),
        ("class_teacher:0", "schools:0"),
        ("inspector", "schools:0"),
        ("liaison", "county"),
        ("lecturer:0", "schools:0"),
    ],
)
def test_import_for_a_unit_out_of_scope_is_refused(world, who, unit):
    name, _sep, place = unit.partition(":")
    target = getattr(world, name)
    target = target[int(place)] if place else target
    before = digests()
    for act in (
        lambda: check(as_csv(ZHANG), target, actor=world.as_(who)),
        lambda: commit_roster(roster(as_csv(ZHANG), target), digest="", actor=world.as_(who), now=NOW),
    ):
        with pytest.raises(RosterRefused) as refusal:
            act()
        assert refusal.value.code == "out_of_scope"
    assert digests() == before


def test_a_change_between_check_and_confirmation_is_noticed(world, school):
    file = roster(as_csv(ZHANG), school)
    checked = check_roster(file, actor=None, now=NOW)
    write(as_csv(("张小明", "男", "三年级2班", "张伟", "父亲", "13900000001", "", "", "")), school)
    before = digests()
    with pytest.raises(RosterRefused) as refusal:
        commit_roster(file, digest=checked.digest, actor=None, now=NOW)
    assert refusal.value.code == "roster_changed"
    assert digests() == before


def test_another_file_under_the_same_confirmation_is_noticed(world, school):
    checked = check(as_csv(ZHANG), school)
    with pytest.raises(RosterRefused):
        commit_roster(roster(as_csv(WANG), school), digest=checked.digest, actor=None, now=NOW)
    assert counts() == (2, Person.objects.count(), 2)


def test_confirming_twice_writes_once(world, school):
    file = roster(as_csv(ZHANG), school)
    checked = check_roster(file, actor=None, now=NOW)
    commit_roster(file, digest=checked.digest, actor=None, now=NOW)
    with pytest.raises(RosterRefused):
        commit_roster(file, digest=checked.digest, actor=None, now=NOW)
    assert Child.objects.filter(name="张小明").count() == 1


def test_a_list_with_faults_cannot_be_confirmed(world, school):
    file = roster(as_csv(ZHANG, ("王小红", "女", "三年级2班", "王强", "父亲", "139", "", "", "")), school)
    checked = check_roster(file, actor=None, now=NOW)
    before = digests()
    with pytest.raises(RosterRefused) as refusal:
        commit_roster(file, digest=checked.digest, actor=None, now=NOW)
    assert refusal.value.code == "roster_not_ready"
    assert digests() == before


def test_a_failure_half_way_writes_nothing(world, school, monkeypatch):
    from parentschool.engine.roster import writing

    file = roster(as_csv(ZHANG), school)
    checked = check_roster(file, actor=None, now=NOW)
    before = digests()

    def fail(*args):
        raise RuntimeError

    monkeypatch.setattr(writing, "_write_memberships", fail)
    with pytest.raises(RuntimeError):
        commit_roster(replace(file), digest=checked.digest, actor=None, now=NOW)
    assert digests() == before


def test_the_content_may_be_any_open_file(world, school, tmp_path):
    path = tmp_path / "list.csv"
    path.write_bytes(as_csv(ZHANG).getvalue())
    with path.open("rb") as content:
        file = replace(roster(io.BytesIO(b""), school), content=content)
        checked = check_roster(file, actor=None, now=NOW)
        commit_roster(file, digest=checked.digest, actor=None, now=NOW)
    assert Child.objects.filter(name="张小明").exists()

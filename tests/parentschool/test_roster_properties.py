"""Whatever lists come one after the other: answered and written, the same list is always as on record."""

import os

import pytest
from django.db import transaction
from django.db.models import Count
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from accounts.models import Person
from parentschool.models import Child, Guardianship
from tests.parentschool.class_lists import as_csv, check, write

EXAMPLES = int(os.environ.get("ROSTER_EXAMPLES", "25"))
CHILDREN = st.sampled_from(["甲小一", "甲小二", "乙小三"])
CLASSES = st.sampled_from(["三年级2班", "三年级3班"])
GUARDIANS = st.sampled_from(["张伟", "李丽", "王秀英", ""])
PHONES = st.sampled_from(["13900000001", "13900000002", "", ""])
RELATIONS = st.sampled_from(["父亲", "母亲", "奶奶", "姑姑", ""])
SCHOOLS = st.sampled_from(["School 0", "School 1"])


@st.composite
def rows(draw):
    guardians = []
    for _ in range(2):
        name = draw(GUARDIANS)
        guardians += [name, draw(RELATIONS), draw(PHONES) if name else ""]
    return (draw(SCHOOLS), draw(CHILDREN), "", draw(CLASSES), *guardians)


LISTS = st.lists(st.lists(rows(), min_size=1, max_size=5), min_size=1, max_size=3)
TITLES = (
    "学校",
    "孩子姓名",
    "性别",
    "班级",
    "家长姓名",
    "关系",
    "手机号",
    "家长2姓名",
    "家长2关系",
    "家长2手机号",
)


def answered(file, county):
    """Answers to every doubt, the first choice of each; None where the list has faults."""
    answers = {}
    for _ in range(8):
        plan = check(file, county, answers=answers).plan
        if not plan.faults.is_empty():
            return None
        if plan.is_ready:
            return answers
        answers |= {
            key: choices.split(",")[0]
            for key, choices in plan.open_doubts.select("key", "choices").iter_rows()
        }
    raise AssertionError(plan.open_doubts)


@pytest.mark.django_db
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lists=LISTS)
def test_written_lists_are_as_on_record(world, lists):
    with transaction.atomic():
        for listed in lists:
            file = as_csv(*listed, titles=TITLES)
            answers = answered(file, world.county)
            if answers is None:
                event("faults")
                continue
            event(f"{len(answers)} doubts")
            write(file, world.county, answers=answers)
            again = check(file, world.county, answers=answers).plan
            assert again.writes.is_empty, (listed, answers, again.writes)
            assert_sound()
        transaction.set_rollback(True)


def assert_sound():
    here = Child.objects.filter(left_on=None).values("school_class", "name")
    assert not here.annotate(n=Count("pk")).filter(n__gt=1).exists()
    with_phone = Person.objects.exclude(phone_index="").values("phone_index", "name")
    assert not with_phone.annotate(n=Count("pk")).filter(n__gt=1).exists()
    assert not Person.objects.filter(name="").exists()
    assert not Guardianship.objects.exclude(guardian__memberships__school_year=2026).exists()

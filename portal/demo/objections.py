"""Objections of the demo's parents to points of theirs: one that waits, one upheld, one refused."""

from __future__ import annotations

from datetime import datetime

from accounts.models import Person
from assessment.enums import Remedy
from assessment.models import Objection, PointEntry
from assessment.services.objections import Decision, decide_objection, file_objection

ANSWERED = (
    ("那天我全程参加了，好像少记了，请核对。", Decision("经核对签到表，给您补记 1 分。", Remedy.POINTS, 1)),
    ("我觉得这一项应该多给一分。", Decision("经核对，这一条是按积分办法计算的，没有差错。")),
)
WAITING = "我记得这样的活动去过两次，请帮忙核对一下。"


def build_objections(*, now: datetime) -> int:
    """How many were made, of neighbours of the one parent who may sign in, so that this one's points are left to
    try; nothing where there are some already."""
    if Objection.objects.exists():
        return 0
    parent, station = (Person.objects.get(username=name) for name in ("parent", "station"))
    lines = PointEntry.objects.filter(person__home=parent.home, points__gt=0).exclude(person=parent)
    first_of_each = {
        line.person_id: line for line in lines.select_related("person").order_by("-person_id", "-pk")
    }
    asked = [*ANSWERED, (WAITING, None)]
    for line, (grounds, decision) in zip(first_of_each.values(), asked, strict=False):
        objection = file_objection(line, grounds=grounds, actor=line.person, now=now)
        if decision is not None:
            decide_objection(objection, decision, actor=station, now=now)
    return Objection.objects.count()

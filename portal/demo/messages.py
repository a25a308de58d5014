"""What the first demo school has written to its parents, so that the demo's parent finds something to read."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from parentschool.services.school_messages import send_message
from portal.demo.county import Demo
from portal.demo.work import SHANGHAI

AUTUMN = (
    "天气转凉，早晚请给孩子加一件外套。\n"
    "本周起放学时间提前到 16:30，请按时接孩子。\n"
    "老人接送的家庭，请转告家里老人。"
)
READING = "这个月请每天陪孩子读书十分钟，认字多少不要紧，坐在一起就好。月底的沙龙上大家说说自己的办法。"


def build_messages(demo: Demo) -> None:
    """One to the whole school, one to the first class, in the days before that from which the demo is seen."""
    place = demo.classes[0]
    lead = demo.leads[place.school_id]
    morning = datetime.combine(demo.today, time(7, 30), SHANGHAI).astimezone(UTC)
    written = [(3, "放学时间有变化", AUTUMN, []), (1, "每天陪读十分钟", READING, [place])]
    for days, title, text, classes in written:
        send_message(
            place.school,
            classes=classes,
            title=title,
            text=text,
            token=f"demo-{days}",
            actor=lead,
            now=morning - timedelta(days=days),
        )

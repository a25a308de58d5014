"""The nine kinds of event that both counties hold. They are data: renamed, added to and retired in the office."""

from django.db import migrations

# code, name, usual length in minutes, whether parents take part
KINDS = [
    ("lecture", "讲座", 90, True),
    ("salon", "沙龙", 90, True),
    ("parents_meeting", "家长会", 90, True),
    ("committee_meeting", "家委会会议", 60, True),
    ("exchange", "经验交流会", 90, True),
    ("open_day", "家长开放日", 180, True),
    ("parent_child", "亲子活动", 120, True),
    ("training", "培训", 180, False),
    ("dispatch", "调度会", 60, False),
]


def add_kinds(apps, schema_editor):
    kinds = apps.get_model("events", "EventKind")
    for number, (code, name, minutes, for_families) in enumerate(KINDS, start=1):
        kinds.objects.get_or_create(
            code=code,
            defaults={
                "name": name,
                "default_minutes": minutes,
                "for_families": for_families,
                "order": number * 10,
            },
        )


class Migration(migrations.Migration):
    dependencies = [("events", "0001_initial")]

    # Going back leaves the kinds where they are: events may point at them.
    operations = [migrations.RunPython(add_kinds, migrations.RunPython.noop)]

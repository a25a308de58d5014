"""A rule that gave once gave once to each person; now it says to whom."""

from django.db import migrations


def say_person(apps, schema_editor):
    apps.get_model("assessment", "PointRule").objects.filter(once_only=True).update(once="person")


def say_once(apps, schema_editor):
    apps.get_model("assessment", "PointRule").objects.exclude(once="").update(once_only=True)


class Migration(migrations.Migration):
    dependencies = [("assessment", "0004_rules_as_data")]

    operations = [
        migrations.RunPython(say_person, say_once),
        migrations.RemoveField("pointrule", "once_only"),
    ]

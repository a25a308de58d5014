from datetime import timedelta

from django.db import migrations
from django.db.models import Exists, OuterRef

from portal.kernel import clock


def open_again(apps, schema_editor):
    """Objections upheld by points that a second person did not approve had ended with nothing. Those to whose line the
    parent has objected anew since are left to the new one."""
    Objection = apps.get_model("assessment", "Objection")
    anew = Objection.objects.filter(entry=OuterRef("entry"), pk__gt=OuterRef("pk"))
    stuck = Objection.objects.filter(~Exists(anew), status="upheld", adjustment__status="refused")
    Objection.objects.filter(pk__in=list(stuck.values_list("pk", flat=True))).update(
        status="open",
        due_on=clock.today() + timedelta(days=14),
        closed_at=None,
        decided_by=None,
        answer="",
        remedy="",
        adjustment=None,
    )


class Migration(migrations.Migration):

    dependencies = [
        ("assessment", "0012_lines_of_a_person"),
    ]

    operations = [
        migrations.RunPython(open_again, migrations.RunPython.noop),
    ]

from django.db import migrations

from portal.kernel.planning import says_distinct


class Migration(migrations.Migration):
    """A person's lines are posted together and so stand together: some 25 each, not the 60 that a sample finds."""

    dependencies = [("assessment", "0011_fewer_indexes")]

    operations = [says_distinct("assessment_pointentry", "person_id", 0.04)]

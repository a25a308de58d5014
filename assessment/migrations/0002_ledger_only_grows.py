from django.db import migrations

from portal.kernel.append_only import only_grows


class Migration(migrations.Migration):
    dependencies = [("assessment", "0001_initial")]

    operations = [only_grows("assessment_pointentry"), only_grows("assessment_batch")]


from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('assessment', '0005_once_for_whom'),
    ]

    operations = [
        migrations.AddField(
            model_name='pointscheme',
            name='gaps',
            field=models.TextField(blank=True, help_text='One a line. Shown beside the rules.', verbose_name='what the source leaves open'),
        ),
    ]

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('events', '0003_records'),
        ('parentschool', '0003_membership_household'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='attendance',
            name='child',
            field=models.ForeignKey(blank=True, help_text='Empty: for all children here.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='parentschool.child', verbose_name='came for'),
        ),
        migrations.AddField(
            model_name='attendance',
            name='device',
            field=models.CharField(blank=True, db_default='', default='', editable=False, max_length=16),
        ),
        migrations.AddField(
            model_name='attendance',
            name='device_again',
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.AddField(
            model_name='attendance',
            name='doubt',
            field=models.CharField(blank=True, choices=[('stranger', 'not on the list of the host'), ('device', 'one phone signed in several people'), ('same_scan', 'one scan was used by two people'), ('haste', 'two people within three seconds on one phone')], db_default='', default='', editable=False, max_length=10, verbose_name='doubt'),
        ),
        migrations.AddField(
            model_name='attendance',
            name='doubt_settled_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='doubt settled at'),
        ),
        migrations.AddConstraint(
            model_name='attendance',
            constraint=models.UniqueConstraint(condition=models.Q(('device_again', False), models.Q(('device', ''), _negated=True)), fields=('event', 'device'), name='attendance_first_of_device', violation_error_message='Somebody signed in on this phone already.'),
        ),
    ]

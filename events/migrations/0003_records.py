import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_sessions_can_be_ended'),
        ('events', '0002_kinds'),
        ('parentschool', '0002_names_and_relation_words'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='RecordKind',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created at')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='updated at')),
                ('code', models.SlugField(max_length=30, unique=True, verbose_name='code')),
                ('name', models.CharField(max_length=60, unique=True, verbose_name='name')),
                ('measure', models.CharField(choices=[('times', 'times'), ('hours', 'hours'), ('items', 'items'), ('sheets', 'sheets'), ('persons', 'people')], default='times', max_length=10, verbose_name='counted in')),
                ('most', models.PositiveSmallIntegerField(default=1, validators=[django.core.validators.MinValueValidator(1)], verbose_name='at most, in one record')),
                ('entered_by', models.CharField(choices=[('teachers', 'class teachers and leads'), ('leads', 'leads of parent schools and stations'), ('county', 'the county alone')], default='leads', max_length=10, verbose_name='who may enter it')),
                ('once_in', models.CharField(blank=True, choices=[('day', 'once a day'), ('month', 'once a month'), ('quarter', 'once a quarter'), ('term', 'once a term'), ('year', 'once a school year'), ('ever', 'once for good')], max_length=10, verbose_name='how often')),
                ('needs_event', models.BooleanField(default=False, verbose_name='belongs to an event')),
                ('is_complaint', models.BooleanField(default=False, help_text='A complaint stays open until it is settled.', verbose_name='is a complaint')),
                ('hint', models.CharField(blank=True, max_length=200, verbose_name='what to keep in mind')),
                ('order', models.PositiveSmallIntegerField(default=100, verbose_name='order')),
                ('is_active', models.BooleanField(default=True, verbose_name='in use')),
            ],
            options={
                'verbose_name': 'kind of record',
                'verbose_name_plural': 'kinds of record',
                'ordering': ['order', 'code'],
            },
        ),
        migrations.CreateModel(
            name='Record',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created at')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='updated at')),
                ('happened_on', models.DateField(verbose_name='day')),
                ('quantity', models.PositiveSmallIntegerField(default=1, verbose_name='how much')),
                ('note', models.CharField(blank=True, max_length=200, verbose_name='note')),
                ('revision', models.PositiveSmallIntegerField(default=1, editable=False, verbose_name='revision')),
                ('settled_on', models.DateField(editable=False, null=True, verbose_name='settled on')),
                ('settled_note', models.CharField(blank=True, editable=False, max_length=200, verbose_name='how it was settled')),
                ('revoked_at', models.DateTimeField(editable=False, null=True, verbose_name='revoked at')),
                ('revoked_reason', models.CharField(blank=True, editable=False, max_length=200, verbose_name='reason')),
                ('child', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='records', to='parentschool.child', verbose_name='about the child')),
                ('entered_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='entered by')),
                ('event', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='records', to='events.event', verbose_name='at the event')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='records', to=settings.AUTH_USER_MODEL, verbose_name='person')),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='records', to='accounts.unit', verbose_name='where')),
                ('kind', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='records', to='events.recordkind', verbose_name='kind')),
            ],
            options={
                'verbose_name': 'record',
                'verbose_name_plural': 'records',
                'ordering': ['-happened_on', '-pk'],
                'indexes': [models.Index(fields=['person', 'kind'], name='record_person_kind')],
                'constraints': [models.CheckConstraint(condition=models.Q(('quantity__gte', 1)), name='record_of_something', violation_error_message='Enter a whole number from 1 on.')],
            },
        ),
    ]

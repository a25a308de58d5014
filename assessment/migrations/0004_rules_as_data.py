import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('assessment', '0003_appraisal_sheets'),
        ('events', '0003_records'),
    ]

    operations = [
        migrations.CreateModel(
            name='CapGroup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created at')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='updated at')),
                ('code', models.SlugField(max_length=40, verbose_name='code')),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('shared', models.CharField(choices=[('person', 'each person'), ('child', 'each child'), ('family', 'each family')], default='person', max_length=10, verbose_name='limits hold for')),
                ('cap_day', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='at most a day')),
                ('cap_week', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='at most a week')),
                ('cap_month', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='at most a month')),
                ('cap_term', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='at most a term')),
                ('cap_year', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='at most a school year')),
                ('cap_calendar', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='at most a calendar year')),
                ('cap_ever', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='at most in all')),
            ],
            options={
                'verbose_name': 'limit over several rules',
                'verbose_name_plural': 'limits over several rules',
                'ordering': ['version', 'code'],
            },
        ),
        migrations.AlterModelOptions(
            name='starlevel',
            options={'ordering': ['version', 'level', 'route'], 'verbose_name': 'star level', 'verbose_name_plural': 'star levels'},
        ),
        migrations.RemoveConstraint(
            model_name='starlevel',
            name='star_level_once',
        ),
        migrations.AddField(
            model_name='dirtyperson',
            name='is_spread',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name='pointrule',
            name='begins_on',
            field=models.DateField(blank=True, null=True, verbose_name='earns from'),
        ),
        migrations.AddField(
            model_name='pointrule',
            name='cap_calendar',
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='at most a calendar year'),
        ),
        migrations.AddField(
            model_name='pointrule',
            name='cap_event',
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='at most an event'),
        ),
        migrations.AddField(
            model_name='pointrule',
            name='cap_ever',
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='at most in all'),
        ),
        migrations.AddField(
            model_name='pointrule',
            name='cap_week',
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='at most a week'),
        ),
        migrations.AddField(
            model_name='pointrule',
            name='counted_for',
            field=models.CharField(choices=[('person', 'each person'), ('child', 'each child'), ('family', 'each family')], default='person', max_length=10, verbose_name='times are counted for'),
        ),
        migrations.AddField(
            model_name='pointrule',
            name='effect',
            field=models.CharField(choices=[('earn', 'gives points'), ('deduct', 'takes points away'), ('void', 'voids the points of the same event'), ('spend', 'points are spent')], default='earn', max_length=10, verbose_name='what it does'),
        ),
        migrations.AddField(
            model_name='pointrule',
            name='ends_on',
            field=models.DateField(blank=True, null=True, verbose_name='earns no more from'),
        ),
        migrations.AddField(
            model_name='pointrule',
            name='every',
            field=models.PositiveSmallIntegerField(default=1, verbose_name='only every so-many-th time'),
        ),
        migrations.AddField(
            model_name='pointrule',
            name='items',
            field=models.ManyToManyField(blank=True, related_name='+', to='events.recordkind', verbose_name='kinds of record'),
        ),
        migrations.AddField(
            model_name='pointrule',
            name='min_minutes',
            field=models.PositiveSmallIntegerField(blank=True, default=0, verbose_name='only from so many minutes on'),
        ),
        migrations.AddField(
            model_name='pointrule',
            name='once',
            field=models.CharField(blank=True, choices=[('person', 'each person'), ('child', 'each child'), ('family', 'each family')], max_length=10, verbose_name='only once'),
        ),
        migrations.AddField(
            model_name='pointrule',
            name='roles',
            field=models.JSONField(blank=True, default=list, verbose_name='only for'),
        ),
        migrations.AddField(
            model_name='pointrule',
            name='shared',
            field=models.CharField(choices=[('person', 'each person'), ('child', 'each child'), ('family', 'each family')], default='person', max_length=10, verbose_name='limits hold for'),
        ),
        migrations.AddField(
            model_name='pointrule',
            name='span',
            field=models.CharField(choices=[('day', 'a day'), ('week', 'a week'), ('month', 'a month'), ('term', 'a term'), ('year', 'a school year'), ('calendar', 'a calendar year'), ('ever', 'all time')], default='ever', max_length=10, verbose_name='times are counted within'),
        ),
        migrations.AddField(
            model_name='pointrule',
            name='steps',
            field=models.JSONField(blank=True, default=list, verbose_name='by table'),
        ),
        migrations.AddField(
            model_name='pointrule',
            name='unit_kinds',
            field=models.JSONField(blank=True, default=list, verbose_name='only at'),
        ),
        migrations.AddField(
            model_name='pointrule',
            name='valid_months',
            field=models.PositiveSmallIntegerField(blank=True, default=0, verbose_name='months of validity'),
        ),
        migrations.AddField(
            model_name='pointrule',
            name='validity',
            field=models.CharField(blank=True, choices=[('school_year', 'to the end of the school year'), ('calendar_year', 'to the end of the calendar year'), ('months', 'for so many months')], max_length=15, verbose_name='points are valid'),
        ),
        migrations.AddField(
            model_name='schemeversion',
            name='keeps_stars',
            field=models.BooleanField(default=False, help_text='Ticked: who had a star under the rules before keeps it to the end of the counting period. Not ticked: every star is judged anew.', verbose_name='stars reached before stay'),
        ),
        migrations.AddField(
            model_name='standing',
            name='available',
            field=models.IntegerField(default=0, help_text='What was spent or has expired is taken off.', verbose_name='points to spend'),
        ),
        migrations.AddField(
            model_name='starlevel',
            name='also_rule',
            field=models.SlugField(blank=True, max_length=40, verbose_name='and earned under the rule'),
        ),
        migrations.AddField(
            model_name='starlevel',
            name='also_rule_times',
            field=models.PositiveSmallIntegerField(default=0, verbose_name='times under the rule'),
        ),
        migrations.AddField(
            model_name='starlevel',
            name='keeps',
            field=models.PositiveSmallIntegerField(default=0, help_text='0: the star is judged anew in each counting period.', verbose_name='stays for so many further periods'),
        ),
        migrations.AddField(
            model_name='starlevel',
            name='no_complaint',
            field=models.BooleanField(default=False, verbose_name='and no unsettled complaint'),
        ),
        migrations.AddField(
            model_name='starlevel',
            name='route',
            field=models.PositiveSmallIntegerField(default=1, verbose_name='way'),
        ),
        migrations.AlterField(
            model_name='pointentry',
            name='cut_by',
            field=models.CharField(blank=True, choices=[('void', 'voided'), ('once', 'only once'), ('event', 'limit of the event'), ('day', 'limit of the day'), ('week', 'limit of the week'), ('month', 'limit of the month'), ('term', 'limit of the term'), ('year', 'limit of the school year'), ('calendar', 'limit of the calendar year'), ('ever', 'limit for good'), ('group', 'limit over several rules'), ('total', 'limit of the day over all rules')], max_length=10, verbose_name='which cap'),
        ),
        migrations.AlterField(
            model_name='pointrule',
            name='code',
            field=models.SlugField(help_text='Letters, digits and hyphens. A rule keeps its code through all versions.', max_length=40, verbose_name='code'),
        ),
        migrations.AlterField(
            model_name='pointrule',
            name='per',
            field=models.CharField(choices=[('occurrence', 'each time'), ('lesson', 'each lesson period of 45 minutes'), ('hour', 'each full hour'), ('quantity', 'each unit of quantity')], default='occurrence', max_length=12, verbose_name='per'),
        ),
        migrations.AlterField(
            model_name='pointrule',
            name='points',
            field=models.SmallIntegerField(default=1, verbose_name='points'),
        ),
        migrations.AlterField(
            model_name='standing',
            name='points_ever',
            field=models.IntegerField(help_text='What was spent stays in.', verbose_name='points ever'),
        ),
        migrations.AddConstraint(
            model_name='starlevel',
            constraint=models.UniqueConstraint(fields=('version', 'level', 'route'), name='star_way_once', violation_error_message='This star has this way already; give the second one another number.'),
        ),
        migrations.AddField(
            model_name='capgroup',
            name='version',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='groups', to='assessment.schemeversion', verbose_name='version'),
        ),
        migrations.AddField(
            model_name='pointrule',
            name='group',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='rules', to='assessment.capgroup', verbose_name='limit over several rules'),
        ),
        migrations.AlterConstraint(
            model_name='pointrule',
            name='rule_code_once',
            constraint=models.UniqueConstraint(fields=('version', 'code'), name='rule_code_once', violation_error_message='This code is taken in this version; choose another.'),
        ),
        migrations.AddConstraint(
            model_name='capgroup',
            constraint=models.UniqueConstraint(fields=('version', 'code'), name='group_code_once', violation_error_message='This code is taken in this version; choose another.'),
        ),
    ]

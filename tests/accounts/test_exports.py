"""Lists as workbooks: what is in them, for whom, and what is left in the audit."""

import io

import openpyxl
import pytest
from django.contrib import admin
from django.urls import reverse

from accounts import exports
from accounts.enums import Basis
from accounts.exports import ExportingAdmin
from accounts.models import Person, Unit
from assessment.models import PointEntry
from events.models import Attendance
from parentschool.enums import MembershipSource
from parentschool.models import Child, Guardianship, Membership
from portal.kernel.models import AuditEntry, Job
from tests.assessment.facts import batch, came, held, met
from tests.kernel.test_spreadsheets_writing import HOSTILE
from tests.queries import assert_same_queries
from tests.world import NOW, TODAY, appoint, person

EXPORTED = sorted(
    (model for model, page in admin.site._registry.items() if isinstance(page, ExportingAdmin)),
    key=lambda model: model._meta.label,
)


@pytest.fixture(autouse=True)
def _office(settings, tmp_path, time_machine):
    settings.MEDIA_ROOT = tmp_path
    settings.STAFF_SECOND_FACTOR = False
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def as_(world, client):
    def enter(name):
        client.force_login(world.as_(name))
        return client

    return enter


def url_of(model, query=""):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_export") + query


def export(client, model, place, query=""):
    return client.post(url_of(model, query), {"place": place.path})


def learn(who, school):
    Membership.objects.create(
        person=who, school=school, school_year=2026, joined_on=TODAY, source=MembershipSource.STAFF,
        path=school.path,
    )  # fmt: skip


def table(answer):
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    return [list(row) for row in book.active.iter_rows(values_only=True)]


def test_the_main_lists_can_be_exported():
    assert {model._meta.label for model in EXPORTED} >= {
        "accounts.Person",
        "parentschool.Membership",
        "events.Event",
        "events.Attendance",
        "assessment.PointEntry",
    }


@pytest.mark.parametrize("model", EXPORTED, ids=lambda model: model._meta.label)
def test_every_export_runs_with_titles_in_words(world, as_, model):
    Attendance.objects.create(event=world.events[0], person=world.parents[0], method="roll", taken_at=NOW)
    client = as_("county_admin")
    page = client.get(url_of(model)).content.decode()
    assert "导出" in page
    titles, *rows = table(export(client, model, world.county))
    assert titles
    assert not any(title.isascii() for title in titles), titles
    assert len(rows) == model._default_manager.count()


def test_an_export_holds_the_own_area_only_and_no_whole_number(world, as_):
    titles, *rows = table(export(as_("school_lead:0"), Membership, world.schools[0]))
    assert titles[:3] == ["人员", "手机号", "家长学校"]
    assert [row[:4] for row in rows] == [["Parent 0", "138****0000", "School 0", 2026]]


@pytest.mark.parametrize("model", [Person, Membership, Child, Guardianship, Attendance])
@pytest.mark.parametrize("who", ["class_teacher:0", "lecturer:0", "inspector", "liaison"])
def test_an_export_out_of_scope_is_refused(world, as_, who, model):
    client = as_(who)
    assert client.get(url_of(model)).status_code == 404
    assert export(client, model, world.schools[0]).status_code == 404
    assert not AuditEntry.objects.filter(action="table.export").exists()


@pytest.mark.parametrize("model", EXPORTED, ids=lambda model: model._meta.label)
def test_row_34_hostile_names_leave_as_texts_in_every_list(world, as_, model):
    """No cell of any workbook is a formula, whatever people, children, schools and events are called."""
    for number, name in enumerate(HOSTILE):
        parent = person(name, home=world.schools[0])
        own = world.classes[0]
        child = Child.objects.create(basis=Basis.DUTY, name=name, school_class=own, path=own.path)
        Guardianship.objects.create(guardian=parent, child=child, relation="other", relation_word=name[:10])
        event = held(world.schools[0], world.kinds["lecture"], TODAY, title=f"{name}{number}")
        came(parent, event)
        PointEntry.objects.create(
            key=f"{name}{number}", person=parent, points=1, batch=batch(), source="attendance", source_id=number,
            unit=world.schools[0], happened_on=TODAY, posted_on=TODAY,
        )  # fmt: skip
        met(parent, child, TODAY, world.staff["class_teacher:0"])
        learn(parent, world.schools[0])
    Unit.objects.filter(pk=world.schools[0].pk).update(name=HOSTILE[0])
    answer = export(as_("county_admin"), model, world.county)
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    cells = [cell for row in book.active.iter_rows() for cell in row if cell.value is not None]
    assert len(cells) > len(HOSTILE)
    assert {cell.data_type for cell in cells} <= {"s", "inlineStr", "n", "d", "b"}
    assert any(str(cell.value).lstrip("'").startswith("=") for cell in cells), "no hostile name is in it"


def test_another_place_than_the_own_is_refused(world, as_):
    client = as_("school_lead:0")
    for place in (world.schools[1], world.county):
        answer = export(client, Membership, place)
        assert answer.status_code == 200
        assert answer.context["form"].errors.keys() == {"place"}


def test_who_leads_two_schools_chooses_one(world, as_):
    appoint(world.staff["school_lead:0"], "school_lead", world.schools[1])
    client = as_("school_lead:0")
    assert not client.get(url_of(Membership)).context["form"]["place"].is_hidden
    rows = table(export(client, Membership, world.schools[1]))[1:]
    assert [row[0] for row in rows] == ["Parent 1"]


def test_search_and_filters_of_the_list_hold_for_the_export(world, as_):
    Child.objects.filter(pk=world.children[1].pk).update(name="Another", gender="f")
    client = as_("county_admin")
    page = client.get(reverse("admin:parentschool_child_changelist") + "?q=Child").content.decode()
    assert f'{url_of(Child)}?q=Child"' in page
    for query, found in (("?q=Child", "Child 0"), ("?gender__exact=f", "Another")):
        rows = table(export(client, Child, world.county, query))[1:]
        assert [row[0] for row in rows] == [found]


def test_formulas_stay_texts(world, as_):
    Child.objects.filter(pk=world.children[0].pk).update(name='=HYPERLINK("http://x","y")')
    answer = export(as_("school_lead:0"), Child, world.schools[0])
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    assert (book.active["A2"].data_type, book.active["A2"].value[0]) == ("s", "=")


def test_every_export_is_in_the_audit(world, as_):
    export(as_("school_lead:0"), Child, world.schools[0], "?q=Child")
    entry = AuditEntry.objects.get(action="table.export")
    assert (entry.actor, entry.path) == (world.staff["school_lead:0"], world.schools[0].path)
    assert entry.summary == {"table": "parentschool.child", "rows": 1, "filtered": ["q"]}


def test_a_long_list_becomes_a_job(world, as_, monkeypatch, django_capture_on_commit_callbacks):
    monkeypatch.setattr(exports, "AT_ONCE", 1)
    client = as_("county_admin")
    with django_capture_on_commit_callbacks(execute=True):
        answer = export(client, Membership, world.county, "?q=Parent")
    job = Job.objects.get()
    assert answer.url == reverse("job", args=[job.pk])
    assert (job.status, job.done, job.total) == (Job.Status.DONE, 2, 2)
    assert "2 行" in client.get(answer.url).content.decode()
    rows = table(client.get(reverse("job_download", args=[job.pk])))[1:]
    assert {row[0] for row in rows} == {"Parent 0", "Parent 1"}
    assert AuditEntry.objects.get(action="table.export").summary["rows"] == 2


def test_who_lost_the_right_gets_no_workbook_and_no_download(
    world, as_, monkeypatch, django_capture_on_commit_callbacks
):
    monkeypatch.setattr(exports, "AT_ONCE", 0)
    client = as_("school_lead:0")
    with django_capture_on_commit_callbacks() as callbacks:
        export(client, Membership, world.schools[0])
    world.staff["school_lead:0"].assignments.all().delete()
    for callback in callbacks:
        callback()
    job = Job.objects.get()
    assert (job.status, bool(job.product)) == (Job.Status.FAILED, False)
    assert client.get(reverse("job_download", args=[job.pk])).status_code == 404


@pytest.mark.parametrize("model", [Person, Membership, Guardianship])
def test_an_export_asks_as_much_for_many_rows(world, as_, model):
    client = as_("county_admin")

    def more():
        for parent, school, child in zip(reversed(world.parents), world.schools, world.children, strict=True):
            Membership.objects.create(
                person=parent,
                school=school,
                school_year=2026,
                joined_on="2026-09-01",
                source="roster",
                path=school.path,
            )
            Guardianship.objects.create(guardian=parent, child=child, relation="mother")

    assert_same_queries(lambda: export(client, model, world.county), more)

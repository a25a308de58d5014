"""Changes of facts leave notes, however they are written."""

import polars as pl
import pytest
from django.db import connection

from assessment import sources
from assessment.apps import stand_guard, step_back
from assessment.models import DirtyPerson
from events.enums import EventStatus, Method
from events.models import Attendance, Event
from parentschool.enums import Relation, VisitOutcome
from parentschool.models import Guardianship
from portal.kernel import append_only, bulk, watching
from tests.assessment.facts import came, held, met
from tests.world import NOW, TODAY


def noted():
    people = list(DirtyPerson.objects.order_by("pk").values_list("person_id", flat=True))
    DirtyPerson.objects.all().delete()
    return people


@pytest.fixture
def world(world):
    noted()  # of the families that the small county is built of
    return world


@pytest.fixture
def attendance(world):
    attendance = came(world.parents[0], held(world.schools[0], world.kinds["lecture"], TODAY))
    assert noted() == [world.parents[0].pk]
    return attendance


def test_every_table_of_facts_is_watched(db):
    assert watching.missing(connection, sources.watches()) == set()


def test_update_without_a_model_is_noted(world, attendance):
    Attendance.objects.filter(pk=attendance.pk).update(revoked_at=NOW)
    assert noted() == [world.parents[0].pk]


def test_saving_an_unchanged_row_is_not_noted(attendance):
    attendance.save()
    attendance.event.save()
    assert noted() == []


def test_a_change_of_the_event_touches_everybody_who_came(world, attendance):
    came(world.parents[1], attendance.event)
    noted()
    Event.objects.filter(pk=attendance.event_id).update(status=EventStatus.CANCELLED)
    assert sorted(noted()) == sorted(parent.pk for parent in world.parents)


def test_a_record_handed_to_another_person_touches_both(world):
    visit = met(world.parents[0], world.children[0], TODAY, world.staff["school_lead:0"])
    assert noted() == [world.parents[0].pk]
    visit.met = world.parents[1]
    visit.save()
    assert sorted(noted()) == sorted(parent.pk for parent in world.parents)
    visit.met, visit.outcome = None, VisitOutcome.ATTEMPT
    visit.save()
    assert noted() == [world.parents[1].pk]


def test_a_change_of_a_family_touches_everybody_who_cares_for_the_child(world):
    child, (first, second) = world.children[0], world.parents
    Guardianship.objects.create(guardian=second, child=child, relation=Relation.FATHER)
    assert noted() == [second.pk]
    Guardianship.objects.filter(guardian=first, child=child).update(ended_on=TODAY)
    assert sorted(noted()) == sorted([first.pk, second.pk])


def test_bulk_loads_are_noted(world):
    events = [held(world.schools[0], world.kinds["lecture"], TODAY, title=title) for title in "AB"]
    rows = [(event.pk, parent.pk) for event in events for parent in world.parents]
    moment = pl.lit(NOW).cast(pl.Datetime("us", "UTC"))
    bulk.copy_in(
        Attendance,
        pl.DataFrame(rows, schema=["event_id", "person_id"], orient="row").with_columns(
            created_at=moment,
            updated_at=moment,
            taken_at=moment,
            method=pl.lit(str(Method.PAPER.value)),
            revision=1,
            correction_reason=pl.lit(""),
        ),
    )
    assert set(noted()) == {parent.pk for parent in world.parents}


def test_triggers_lost_with_a_remade_table_are_set_again(db):
    with connection.cursor() as cursor:
        for watch in sources.watches():
            for name in watch.triggers:
                cursor.execute(
                    f"DROP TRIGGER {name}" + (f" ON {watch.table}" if connection.vendor != "sqlite" else "")
                )
        append_only.run(connection, "assessment_pointentry", install=False)
    assert watching.missing(connection, sources.watches())
    stand_guard()
    assert watching.missing(connection, sources.watches()) == set()
    assert append_only.is_guarded(connection, "assessment_pointentry")


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL alters a table in place")
def test_watches_stand_aside_while_sqlite_remakes_a_table(transactional_db):
    """Another table's trigger names this one, which SQLite does not forgive."""
    step_back()
    with connection.schema_editor() as editor:
        editor._remake_table(Attendance)
    stand_guard()
    assert watching.missing(connection, sources.watches()) == set()

"""Messages from the school: whom they reach, who may send and see them, what parents and senders are shown."""

from __future__ import annotations

import pytest

from parentschool.enums import Relation
from parentschool.models import Guardianship, SchoolClass, SchoolMessage
from parentschool.queries.school_messages import parents_of, readers_of
from parentschool.services.school_messages import (
    MOST_A_DAY,
    MessageRefused,
    send_message,
    take_back_message,
)
from portal.kernel.models import AuditEntry, Notice
from tests.events.pages import client_of, page, signed_in
from tests.events.plans import family
from tests.queries import assert_same_queries
from tests.world import NOW, TODAY, person


@pytest.fixture(autouse=True)
def now(time_machine, settings):
    time_machine.move_to(NOW, tick=False)
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture
def second_class(world) -> SchoolClass:
    one = world.classes[0]
    return SchoolClass.objects.create(
        school=one.school, stage=one.stage, entry_year=2025, number=1, path=f"{one.school.path}0002"
    )


def send(
    world,
    *,
    classes=(),
    title="Picnic",
    text="On Friday at nine.\nBring water.",
    token="t",
    by="school_lead:0",
):
    return send_message(
        world.schools[0], classes=classes, title=title, text=text, token=token, actor=world.as_(by), now=NOW
    )


def told(message) -> set[str]:
    return set(Notice.objects.filter(cause=message.cause).values_list("person__name", flat=True))


def test_the_whole_school_is_its_learners_and_guardians_and_nobody_elsewhere(world, second_class):
    mother = world.parents[0]
    father = person("Father", home=world.schools[1])
    Guardianship.objects.create(guardian=father, child=world.children[0], relation=Relation.FATHER)
    learner = family(world, 1, school_class=second_class)
    Guardianship.objects.filter(guardian=learner).update(ended_on=TODAY)
    gone = family(world, 2)
    gone.is_active = False
    gone.save()
    (message,) = send(world)
    assert told(message) == {mother.name, father.name, learner.name}
    assert set(parents_of(world.schools[0], world.classes[0], today=TODAY)) == {mother, father}


def test_a_class_each_and_who_has_children_in_both_is_told_once(world, second_class):
    one, both = family(world, 1), family(world, 2, school_class=second_class)
    Guardianship.objects.create(guardian=both, child=world.children[0], relation=Relation.OTHER)
    first, second = send(world, classes=[world.classes[0], second_class])[0], None
    assert told(first) == {world.parents[0].name, one.name, both.name}
    assert second is None
    assert SchoolMessage.objects.count() == 1, "nobody was left to be told in the second class"


def test_the_same_form_sent_twice_is_one_message(world):
    assert send(world) == send(world)
    assert (SchoolMessage.objects.count(), Notice.objects.count()) == (1, 1)
    assert AuditEntry.objects.filter(action="message.send").count() == 1


@pytest.mark.parametrize(
    ("title", "text", "field"),
    [("", "words", "title"), ("Picnic", " ", "text"), ("Picnic", "x" * 1001, "text")],
)
def test_what_is_missing_is_named(world, title, text, field):
    with pytest.raises(MessageRefused) as refused:
        send(world, title=title, text=text)
    assert refused.value.details["field"] == field
    assert not SchoolMessage.objects.exists()


def test_a_teacher_writes_to_the_own_class_alone(world, second_class):
    family(world, 1, school_class=second_class)
    assert send(world, classes=[world.classes[0]], by="class_teacher:0")
    for classes in ([], [second_class], [world.classes[0], second_class]):
        with pytest.raises(MessageRefused):
            send(world, classes=classes, by="class_teacher:0", token="other")


def test_a_school_does_not_flood_its_parents(world):
    for n in range(MOST_A_DAY):
        send(world, token=str(n))
    with pytest.raises(MessageRefused):
        send(world, token="more")


def test_a_message_taken_back_is_gone_for_parents_and_its_text_stays_on_record(world):
    (message,) = send(world)
    for _ in range(2):
        take_back_message(message, actor=world.as_("school_lead:0"), now=NOW)
    client = signed_in(world.parents[0])
    assert client.get(page("my_message", message.pk)).status_code == 404
    assert "Picnic" not in client.get(page("my_messages")).text
    assert "Picnic" in client_of(world, "school_lead:0").get(page("message_sent", message.pk)).text
    (other,) = send(world, classes=[world.classes[0]], token="lead")
    with pytest.raises(MessageRefused):
        take_back_message(other, actor=world.as_("class_teacher:0"), now=NOW)


def test_a_parent_sees_it_at_home_opens_it_and_the_sender_sees_that(world):
    elder = family(world, 9)
    type(elder).objects.filter(pk=elder.pk).update(phone_tail="")
    lead, new = client_of(world, "school_lead:0"), page("message_new")
    form = lead.get(new).context["form"]
    sent = {
        "unit": world.schools[0].pk,
        "title": "Picnic",
        "text": "On Friday\n<b>x</b>",
        "token": form["token"].value(),
    }
    for _ in range(2):
        assert lead.post(new, sent)["Location"] == page("message_list")
    message = SchoolMessage.objects.get()
    parent = signed_in(world.parents[0])
    home = parent.get("/").text
    assert "Picnic" in home
    assert "学校有 1 条新留言" in home
    notice = Notice.objects.get(person=world.parents[0])
    parent.get(page("my_message", message.pk))
    notice.refresh_from_db()
    assert notice.read_at is None, "looking by an address changes nothing"
    opened = parent.post(page("notice", notice.pk))
    assert opened["Location"] == page("my_message", message.pk)
    assert "&lt;b&gt;x" in parent.get(opened["Location"]).text
    assert "条新留言" not in parent.get("/").text
    shown = lead.get(page("message_sent", message.pk))
    readers = shown.context["readers"]
    assert (readers.people, readers.read, readers.without_phone) == (2, 1, 1)
    assert shown.context["without_phone"] == [elder.name]
    assert world.parents[0].name not in shown.text, "who has read it is a number"


def test_messages_of_other_schools_are_not_there(world):
    (message,) = send(world)
    assert signed_in(world.parents[1]).get(page("my_message", message.pk)).status_code == 404
    assert "Picnic" not in signed_in(world.parents[1]).get(page("my_messages")).text
    for name, status in {
        "school_lead:0": 200, "station_lead:0": 200, "county_staff": 200, "class_teacher:0": 404,
        "school_lead:1": 404, "station_lead:1": 404, "inspector": 404,
    }.items():  # fmt: skip
        assert client_of(world, name).get(page("message_sent", message.pk)).status_code == status, name
    assert client_of(world, "station_lead:0").get(page("message_new")).status_code == 404
    client_of(world, "school_lead:1").post(page("message_take_back", message.pk))
    message.refresh_from_db()
    assert message.taken_back_at is None


def test_a_lead_cannot_write_for_another_school_or_class(world):
    lead = client_of(world, "school_lead:0")
    for more in (
        {"unit": world.schools[1].pk},
        {"unit": world.schools[0].pk, "classes": [world.classes[1].pk]},
    ):
        answer = lead.post(page("message_new"), {"title": "Picnic", "text": "Words", "token": "t", **more})
        assert answer.context["form"].errors
    assert not SchoolMessage.objects.exists()


@pytest.mark.parametrize(("name", "most"), [("my_messages", 6), ("message_list", 8)])
def test_the_lists_ask_no_more_for_more_messages(world, name, most):
    client = signed_in(world.parents[0]) if name == "my_messages" else client_of(world, "school_lead:0")
    send(world)

    def more() -> None:
        for n in range(3):
            send(world, token=f"m{n}")

    assert_same_queries(lambda: client.get(page(name)), more, at_most=most)


def test_readers_are_counted_for_each_message(world):
    one, two = send(world)[0], send(world, token="b")[0]
    Notice.objects.filter(cause=two.cause).update(read_at=NOW)
    counted = readers_of([one, two])
    assert [(counted[m.pk].people, counted[m.pk].read) for m in (one, two)] == [(1, 0), (1, 1)]

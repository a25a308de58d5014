import pytest
from django.test import Client


def signed_in(person) -> Client:
    client = Client()
    client.force_login(person, backend="accounts.backends.RoleBackend")
    return client


@pytest.fixture
def one_factor(settings):
    settings.STAFF_SECOND_FACTOR = False


@pytest.mark.parametrize(
    ("who", "start"),
    [
        ("county_admin", "/admin/"),
        ("county_staff", "/admin/"),
        ("inspector", "/admin/"),
        ("liaison", "/admin/"),
        ("station_lead:0", "/admin/"),
        ("lecturer:0", "/work/lectures/"),
        ("school_lead:0", "/work/"),
        ("village_lead:0", "/work/"),
        ("class_teacher:0", "/work/"),
    ],
)
def test_staff_are_sent_to_where_their_work_is(world, one_factor, who, start):
    response = signed_in(world.as_(who)).get("/")
    assert (response.status_code, response["Location"]) == (302, start)


def test_a_parent_stays_and_has_no_work_page(world):
    client = signed_in(world.parents[0])
    assert client.get("/").status_code == 200
    assert client.get("/work/")["Location"] == "/"


def test_nobody_sees_a_page_without_signing_in(client, db):
    for page in ("/", "/work/"):
        assert client.get(page)["Location"] == f"/accounts/login/?next={page}"

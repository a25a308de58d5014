import pytest
from django.test import RequestFactory

from portal.home.face import Face


def face(size: str | None = None) -> Face:
    request = RequestFactory().get("/")
    if size is not None:
        request.COOKIES["text_size"] = size
    return Face(request)


@pytest.mark.parametrize(
    ("kept", "elder", "html_class", "next_size"),
    [
        (None, False, "", ""),
        ("standard", False, "", ""),
        ("large", True, "elder", "larger"),
        ("larger", True, "elder elder-larger", "largest"),
        ("largest", True, "elder elder-largest", ""),
        ('"><script>', False, "", ""),
    ],
)
def test_the_cookie_decides_the_text_size_and_nothing_else_gets_in(kept, elder, html_class, next_size):
    shown = face(kept)
    assert (shown.elder, shown.html_class, shown.next_size) == (elder, html_class, next_size)


def test_the_chosen_size_is_remembered_for_a_year(client, db):
    response = client.post("/text-size/", {"size": "large", "next": "/accounts/login/?next=/points/"})
    assert (response.status_code, response["Location"]) == (302, "/accounts/login/?next=/points/")
    cookie = response.cookies["text_size"]
    assert (cookie.value, cookie["max-age"], cookie["httponly"], cookie["samesite"]) == (
        "large",
        365 * 24 * 3600,
        True,
        "Lax",
    )
    assert 'class="elder"' in client.get("/accounts/login/").text
    client.post("/text-size/", {"size": "standard", "next": "/"})
    assert 'class="elder"' not in client.get("/accounts/login/").text


@pytest.mark.parametrize("target", ["//evil.example/", "https://evil.example/", "javascript:alert(1)", ""])
def test_the_way_back_never_leaves_the_portal(client, db, target):
    assert client.post("/text-size/", {"size": "large", "next": target})["Location"] == "/"


def test_looking_changes_nothing(client, db):
    assert client.get("/text-size/?size=large").status_code == 405

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.access import SignedInRequest
from assessment.engine.star_reasons import star_reasons
from events.queries import near
from parentschool.queries.claims import family_state
from portal.home.face import SIZES, STANDARD, Face, url_of
from portal.home.queries import desk, family, lectures, points
from portal.home.queries import learning as record
from portal.home.queries.signs import signs_of
from portal.home.queries.start import start_page
from portal.kernel import clock
from portal.kernel.calendar import SchoolYear

A_YEAR = 365 * 24 * 3600


@login_required
@require_GET
def home(request: SignedInRequest) -> HttpResponse:
    """Each person's first page: the office or the phone's start page for staff, the own points for parents."""
    start = start_page(request.user)
    if start:
        return redirect(start)
    now = clock.now()
    own = points.own_standing(request.user)
    signs = signs_of(request.user, own)
    return render(
        request,
        "home/parent.html",
        {
            "face": Face(request, unread=signs["unread"]),
            "tab": "home",
            "greeting": greeting(clock.local(now).hour),
            "own": own,
            "lines": points.latest_lines(request.user),
            "uncounted": signs["uncounted"],
            "messages_unread": signs["messages"],
            "latest_message": signs["message"],
            "sign_in_url": url_of("check_in"),
            "state": family_state(request.user, now=now, signs=signs),
            "events": near.next_for(request.user, now=now),
        },
    )


def greeting(hour: int) -> str:
    if 5 <= hour < 11:
        return _("good morning")
    if 11 <= hour < 13:
        return _("good day")
    if 13 <= hour < 18:
        return _("good afternoon")
    return _("good evening")


@login_required
@require_GET
def my_points(request: SignedInRequest) -> HttpResponse:
    """Everybody's own points with the lines that count, or with `period=all` every line ever; staff may be parents
    too."""
    own = points.own_standing(request.user)
    is_all = request.GET.get("period") == "all"
    lines, spent = points.shown_of(request.user, own, is_all=is_all)
    return render(
        request,
        "home/points.html",
        {
            "tab": "home",
            "own": own,
            "total": lines[0].running if lines else 0,
            "months": points.by_month(lines),
            "spendable": points.spendable(own) if own else None,
            "spent": spent,
            "is_all": is_all,
            "has_more": points.has_other_lines(request.user, [*lines, *spent]),
            "uncounted": points.uncounted(request.user, own),
            "rules": points.rules_of(own.version_id) if own else [],
            "reasons": star_reasons(request.user, own) if own else None,
        },
    )


@login_required
@require_GET
def learning(request: SignedInRequest) -> HttpResponse:
    """What I took part in, school year by school year."""
    years = record.years_of(request.user, clock.today())
    year = _asked_for(request, years)
    lines = record.learning_record(request.user, year)
    context = {
        "tab": "learning",
        "years": years,
        "year": year,
        "lines": lines,
        "times": len(lines),
        "periods": sum(line.periods for line in lines),
        "kinds": len({line.kind for line in lines}),
    }
    return render(request, "home/learning.html", context)


def _asked_for(request: HttpRequest, years: list[SchoolYear]) -> SchoolYear:
    """The year named in the address, or else the latest."""
    asked = request.GET.get("year", "")
    return next((each for each in years if str(each.year) == asked), years[0])


@login_required
@require_GET
def me(request: SignedInRequest) -> HttpResponse:
    now = clock.now()
    return render(
        request,
        "home/me.html",
        {
            "tab": "me",
            "guardianships": family.guardianships_of(request.user),
            "memberships": family.memberships_of(request.user, now=now),
            "sizes": SIZES,
        },
    )


@login_required
@require_GET
def work(request: SignedInRequest) -> HttpResponse:
    """The phone's start page of school leads and class teachers."""
    start = start_page(request.user)
    if start in {"", "my_lectures"}:
        return redirect(start or "home")
    now = clock.now()
    return render(
        request,
        "home/work.html",
        {"desk": desk.desk(request.user, now=now), "greeting": greeting(clock.local(now).hour)},
    )


@login_required
@require_GET
def my_lectures(request: SignedInRequest) -> HttpResponse:
    """What a lecturer is booked for and has given; the first page of who is nothing else in the staff."""
    if not request.user.is_staff:
        return redirect("home")
    now = clock.now()
    years = lectures.years_of(request.user, clock.day_of(now))
    year = _asked_for(request, years)
    given = lectures.given(request.user, year, now=now)
    held = [event for event in given if event.is_held]
    context = {
        "greeting": greeting(clock.local(now).hour),
        "places": desk.places_of(request.user),
        "ahead": lectures.ahead(request.user, now=now),
        "years": years,
        "year": year,
        "given": given,
        "times": len(held),
        "periods": sum(event.lesson_periods for event in held),
        "people": sum(event.came for event in held),
        "more": [tile for tile in desk.more_of(request.user) if tile.url != request.path],
    }
    return render(request, "home/lectures.html", context)


@require_POST
def text_size(request: HttpRequest) -> HttpResponse:
    """Turn elder mode on, up or off for this browser, and stay on the page."""
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        back = "/"
    size = request.POST.get("size")
    response = HttpResponseRedirect(back)
    response.set_cookie(
        settings.TEXT_SIZE_COOKIE_NAME,
        size if size in SIZES else STANDARD,
        max_age=A_YEAR,
        secure=settings.PRODUCTION,
        httponly=True,
        samesite="Lax",
    )
    return response

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.utils.timezone import make_aware
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.enums import Level
from accounts.models import Person, Unit
from events.enums import Audience
from events.models import Event, EventKind
from events.queries import bookable_lecturers
from events.services import EventPlan
from parentschool.models import SchoolClass
from portal.kernel import clock
from portal.kernel.choosing import RowsField
from portal.kernel.errors import PortalError
from training.models import Lecturer

ME, SOMEBODY_ELSE = "me", "other"
LENGTHS = (45, 60, 90, 120, 150, 180, 240)
PLAN_FIELDS = {
    "starts_at": "day",
    "ends_at": "minutes",
    "lecturer": "lecturer",
    "classes": "classes",
    "capacity": "capacity",
    "book_until": "last_day",
    "title": "title",
}
"""Where a refusal that names a field of the plan is shown."""


class EventForm(forms.Form):
    """One screen for an event: what, when, where, who speaks, for whom."""

    host = forms.ModelChoiceField(label=_("host"), queryset=Unit.objects.none())
    kind = forms.ModelChoiceField(label=_("kind"), queryset=EventKind.objects.none(), empty_label=None)
    title = forms.CharField(
        label=_("title"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Give the event a title.")},
    )
    day = forms.DateField(label=_("day"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
    at = forms.TimeField(label=_("begins at"), widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}))
    minutes = forms.TypedChoiceField(label=_("lasts"), coerce=int)
    place = forms.CharField(
        label=_("place"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"list": "places", "autocomplete": "off"}),
    )
    lecturer = forms.ChoiceField(label=_("speaker"), required=False)
    speaker = forms.CharField(
        label=_("name of the speaker"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    classes = RowsField(
        label=_("only some classes"),
        queryset=SchoolClass.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Leave all empty to ask everybody."),
    )
    capacity = forms.IntegerField(
        label=_("seats, if they are limited"),
        min_value=1,
        max_value=100_000,
        required=False,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    needs_booking = forms.BooleanField(label=_("families book seats beforehand"), required=False)
    last_day = forms.DateField(
        label=_("last day for booking"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=_("Empty: until the event begins."),
    )

    def __init__(
        self,
        data: Any = None,
        *,
        hosts: Sequence[Unit],
        person: Person,
        now: datetime,
        event: Event | None = None,
        **more: Any,
    ) -> None:
        self.hosts, self.person, self.event = hosts, person, event
        super().__init__(data, initial=_of_event(event) if event else _of_today(hosts, now), **more)
        self._offer_hosts()
        self._offer_kinds()
        self._offer_lengths()
        self._offer_lecturers(now)
        self._offer_classes()

    @property
    def only_host(self) -> Unit | None:
        return self.hosts[0] if len(self.hosts) == 1 else None

    def _offer_hosts(self) -> None:
        if self.only_host:
            del self.fields["host"]
        else:
            self.fields["host"].queryset = Unit.objects.filter(pk__in=[unit.pk for unit in self.hosts])
            self.fields["host"].empty_label = None

    def _offer_kinds(self) -> None:
        kinds = EventKind.objects.filter(is_active=True)
        if self.event:
            kinds = kinds | EventKind.objects.filter(pk=self.event.kind_id)
        self.fields["kind"].queryset = kinds
        self.kind_minutes = {str(kind.pk): kind.default_minutes for kind in kinds}

    def _offer_lengths(self) -> None:
        lengths = {*LENGTHS, *self.kind_minutes.values()} | ({self.event.minutes} if self.event else set())
        self.fields["minutes"].choices = [(n, length_in_words(n)) for n in sorted(lengths)]

    def _offer_lecturers(self, now: datetime) -> None:
        if self.event and self.event.bookings.count() > 1:
            del self.fields["lecturer"], self.fields["speaker"]  # several are booked in the office
            return
        day = clock.day_of(self.event.starts_at if self.event else now)
        offered = list(bookable_lecturers(self.hosts[0], day))
        if self.event:
            offered += self.event.lecturers.exclude(pk__in=[one.pk for one in offered])
        self.lecturers = {str(one.pk): one for one in offered}
        self.fields["lecturer"].choices = [
            ("", _("nobody, or not known")),
            (ME, _("I myself")),
            *((key, f"{one} · {one.unit}") for key, one in self.lecturers.items()),
            (SOMEBODY_ELSE, _("somebody else: type the name below")),
        ]

    def _offer_classes(self) -> None:
        classes = (
            SchoolClass.objects.filter(school=self.only_host, closed_on=None) if self.only_host else None
        )
        if classes is None or not classes:
            del self.fields["classes"]
        else:
            self.fields["classes"].queryset = classes

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("lecturer") == SOMEBODY_ELSE and not given.get("speaker", "").strip():
            self.add_error("speaker", _("Type the name of whoever speaks."))
        if given.get("speaker", "").strip() and given.get("lecturer") not in ("", SOMEBODY_ELSE, None):
            self.add_error("speaker", _("You chose a speaker above as well; keep one of the two."))
        return given

    @property
    def chosen_host(self) -> Unit:
        return self.only_host or self.cleaned_data["host"]

    def plan(self) -> EventPlan:
        given = self.cleaned_data
        starts_at = make_aware(datetime.combine(given["day"], given["at"]))
        classes = tuple(given.get("classes", ()))
        lecturers, speaker = self._who_speaks(clock.day_of(starts_at))
        return EventPlan(
            kind=given["kind"],
            title=given["title"],
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=given["minutes"]),
            place=given["place"],
            capacity=given["capacity"],
            audience=self._audience(classes),
            classes=classes,
            lecturers=lecturers,
            speaker=speaker,
            needs_booking=given["needs_booking"],
            book_until=self._book_until(starts_at),
        )

    def _book_until(self, starts_at: datetime) -> datetime | None:
        """The end of the chosen day; the moment that was set in the office, where the day is still that one."""
        day = self.cleaned_data["last_day"]
        if day is None or day == clock.day_of(starts_at):
            return None
        kept = self.event.book_until if self.event else None
        if kept and _last_day(kept) == day:
            return kept
        return clock.midnight(day + timedelta(days=1))

    def _who_speaks(self, day: Any) -> tuple[tuple[Lecturer, ...], str]:
        if self.event and "lecturer" not in self.fields:
            return tuple(self.event.lecturers.all()), self.event.speaker
        chosen = self.cleaned_data["lecturer"]
        if chosen == ME:
            own = Lecturer.objects.filter(person=self.person).first()
            if own and own.serves_on(day):
                return (own,), ""
            return (), self.person.name
        if chosen in self.lecturers:
            return (self.lecturers[chosen],), ""
        return (), self.cleaned_data["speaker"]

    def _audience(self, classes: tuple[SchoolClass, ...]) -> Audience:
        if classes:
            return Audience.CLASSES
        if self.event and self.event.audience == Audience.INVITED:
            return Audience.INVITED
        for_all = self.chosen_host.level == Level.SCHOOL or self.cleaned_data["needs_booking"]
        return Audience.SCHOOL if for_all else Audience.INVITED

    def refuse(self, refusal: PortalError) -> None:
        """Show a service's refusal beside the field that it names."""
        field = PLAN_FIELDS.get(str(refusal.details.get("field")))
        self.add_error(field if field in self.fields else None, str(refusal))


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("reason"),
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say in a few words why.")},
    )


class WalkInForm(forms.Form):
    name = forms.CharField(
        label=_("full name"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Type the full name, at least two characters.")},
    )
    is_another = forms.BooleanField(label=_("somebody else of the same name"), required=False)


class HostCodeForm(forms.Form):
    code = forms.CharField(
        label=_("six digits on the wall"),
        max_length=12,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"required": _("Type the six digits.")},
    )


def length_in_words(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    if rest == 0 and hours:
        return ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours}
    if rest == 30 and hours:
        return ngettext("%(n)s hour and a half", "%(n)s hours and a half", hours) % {"n": hours}
    return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}


def _of_today(hosts: Sequence[Unit], now: datetime) -> dict[str, Any]:
    """A lecture of today that began at the last half hour, at the first place of work."""
    local = clock.local(now)
    kind = EventKind.objects.filter(is_active=True).first()
    return {
        "host": hosts[0].pk,
        "kind": kind,
        "day": local.date(),
        "at": local.replace(minute=local.minute // 30 * 30, second=0, microsecond=0).time(),
        "minutes": kind.default_minutes if kind else 90,
    }


def _of_event(event: Event) -> dict[str, Any]:
    starts = clock.local(event.starts_at)
    booked = event.bookings.first()
    return {
        "host": event.host_id,
        "kind": event.kind_id,
        "title": event.title,
        "day": starts.date(),
        "at": starts.time(),
        "minutes": event.minutes,
        "place": event.place,
        "lecturer": booked.lecturer_id if booked else SOMEBODY_ELSE if event.speaker else "",
        "speaker": event.speaker,
        "classes": list(event.classes.values_list("pk", flat=True)),
        "capacity": event.capacity,
        "needs_booking": event.needs_booking,
        "last_day": event.book_until and _last_day(event.book_until),
    }


def _last_day(until: datetime) -> date:
    """The last day on which there is time before a moment."""
    return clock.day_of(until - timedelta(microseconds=1))

from __future__ import annotations

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator, URLValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Person, Unit
from accounts.scopes import ScopedModel
from assessment.enums import (
    Counting,
    Effect,
    Holder,
    Per,
    Span,
    SpendingPace,
    StarBasis,
    Validity,
    VersionStatus,
)
from events.models import EventKind, RecordKind
from portal.kernel.models import StampedModel


class PointScheme(StampedModel, ScopedModel):
    """A county's rules for points and stars, through all their versions."""

    org_path = "unit"

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=100)
    unit = models.ForeignKey(
        Unit, verbose_name=_("county"), on_delete=models.PROTECT, related_name="point_schemes"
    )
    source = models.CharField(_("source document"), max_length=300, blank=True)
    source_url = models.CharField(
        _("address of the source document"),
        max_length=300,
        blank=True,
        validators=[URLValidator(schemes=["https", "http"])],
        help_text=_(
            "Where everybody can read it, for example on the county's site. It stands beside each line."
        ),
    )
    gaps = models.TextField(
        _("what the source leaves open"), blank=True, help_text=_("One a line. Shown beside the rules.")
    )
    approve_above = models.PositiveSmallIntegerField(
        _("adjusted by hand without a second person, up to"),
        default=2,
        help_text=_(
            "Points given to or taken from one person by hand within a calendar month: what goes beyond waits until a "
            "second person approves."
        ),
    )
    answer_days = models.PositiveSmallIntegerField(
        _("working days to answer an objection"),
        default=10,
        validators=[MinValueValidator(1), MaxValueValidator(60)],
        help_text=_("Counted by the work calendar. The parent is told the day when the objection is made."),
    )
    spending = models.CharField(
        _("points may be handed in"),
        max_length=10,
        choices=SpendingPace.choices,
        default=SpendingPace.NEVER,
        help_text=_(
            "What is handed in lessens the points available, never the points that count for a star."
        ),
    )

    class Meta:
        verbose_name = _("point scheme")
        verbose_name_plural = _("point schemes")

    def __str__(self) -> str:
        return self.name


class SchemeVersion(StampedModel, ScopedModel):
    """Rules and stars in force from a day on, until the next published version begins. Frozen once published."""

    org_path = "scheme__unit"

    scheme = models.ForeignKey(
        PointScheme, verbose_name=_("scheme"), on_delete=models.PROTECT, related_name="versions"
    )
    number = models.PositiveSmallIntegerField(_("version"))
    status = models.CharField(
        _("status"), max_length=10, choices=VersionStatus.choices, default=VersionStatus.DRAFT, editable=False
    )
    effective_from = models.DateField(_("in force from"))
    counting = models.CharField(
        _("which points count"), max_length=15, choices=Counting.choices, default=Counting.SCHOOL_YEAR
    )
    cap_day = models.PositiveSmallIntegerField(_("at most a day, over all rules"), null=True, blank=True)
    keeps_stars = models.BooleanField(
        _("stars reached before stay"),
        default=False,
        help_text=_(
            "Ticked: who had a star under the rules before keeps it to the end of the counting period. "
            "Not ticked: every star is judged anew."
        ),
    )
    reason = models.CharField(_("reason of the change"), max_length=200, blank=True)
    published_at = models.DateTimeField(_("published at"), null=True, editable=False)
    published_by = models.ForeignKey(
        Person,
        verbose_name=_("published by"),
        null=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )

    class Meta:
        verbose_name = _("scheme version")
        verbose_name_plural = _("scheme versions")
        ordering = ["scheme", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["scheme", "number"], name="version_number_once"),
            models.UniqueConstraint(
                fields=["scheme", "effective_from"],
                condition=Q(status="published"),
                name="version_one_per_day",
                violation_error_message=_("Another published version begins on this day."),
            ),
        ]

    def __str__(self) -> str:
        return gettext("%(scheme)s, version %(number)s") % {"scheme": self.scheme, "number": self.number}


def cap_field(label: Any) -> models.PositiveSmallIntegerField[int | None, int | None]:
    return models.PositiveSmallIntegerField(label, null=True, blank=True)


class CapGroup(StampedModel, ScopedModel):
    """Limits that several rules share: each rule names its group, the group's limits hold for their sum."""

    org_path = "version__scheme__unit"

    version = models.ForeignKey(
        SchemeVersion, verbose_name=_("version"), on_delete=models.PROTECT, related_name="groups"
    )
    code = models.SlugField(_("code"), max_length=40)
    name = models.CharField(_("name"), max_length=60)
    shared = models.CharField(
        _("limits hold for"), max_length=10, choices=Holder.choices, default=Holder.PERSON
    )
    cap_day = cap_field(_("at most a day"))
    cap_week = cap_field(_("at most a week"))
    cap_month = cap_field(_("at most a month"))
    cap_term = cap_field(_("at most a term"))
    cap_year = cap_field(_("at most a school year"))
    cap_calendar = cap_field(_("at most a calendar year"))
    cap_ever = cap_field(_("at most in all"))

    class Meta:
        verbose_name = _("limit over several rules")
        verbose_name_plural = _("limits over several rules")
        ordering = ["version", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "code"],
                name="group_code_once",
                violation_error_message=_("This code is taken in this version; choose another."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class PointRule(StampedModel, ScopedModel):
    """Which facts earn how many points, and at most how many in a period. `assessment.rules.Rule` says what each
    column means for the count."""

    org_path = "version__scheme__unit"

    version = models.ForeignKey(
        SchemeVersion, verbose_name=_("version"), on_delete=models.PROTECT, related_name="rules"
    )
    code = models.SlugField(
        _("code"),
        max_length=40,
        help_text=_("Letters, digits and hyphens. A rule keeps its code through all versions."),
    )
    name = models.CharField(_("for what"), max_length=100)
    order = models.PositiveSmallIntegerField(_("order"), default=100)
    source_item = models.CharField(_("item of the source document"), max_length=100, blank=True)

    source = models.CharField(_("source of facts"), max_length=30)
    kinds = models.ManyToManyField(EventKind, verbose_name=_("kinds of event"), blank=True, related_name="+")
    items = models.ManyToManyField(
        RecordKind, verbose_name=_("kinds of record"), blank=True, related_name="+"
    )
    unit_kinds = models.JSONField(_("only at"), default=list, blank=True)
    roles = models.JSONField(_("only for"), default=list, blank=True)
    min_minutes = models.PositiveSmallIntegerField(_("only from so many minutes on"), default=0, blank=True)
    begins_on = models.DateField(_("earns from"), null=True, blank=True)
    ends_on = models.DateField(_("earns no more from"), null=True, blank=True)

    effect = models.CharField(_("what it does"), max_length=10, choices=Effect.choices, default=Effect.EARN)
    points = models.SmallIntegerField(_("points"), default=1)
    per = models.CharField(_("per"), max_length=12, choices=Per.choices, default=Per.OCCURRENCE)
    steps = models.JSONField(_("by table"), default=list, blank=True)
    every = models.PositiveSmallIntegerField(_("only every so-many-th time"), default=1)
    span = models.CharField(
        _("times are counted within"), max_length=10, choices=Span.choices, default=Span.EVER
    )
    counted_for = models.CharField(
        _("times are counted for"), max_length=10, choices=Holder.choices, default=Holder.PERSON
    )
    once = models.CharField(_("only once"), max_length=10, choices=Holder.choices, blank=True)

    shared = models.CharField(
        _("limits hold for"), max_length=10, choices=Holder.choices, default=Holder.PERSON
    )
    cap_event = cap_field(_("at most an event"))
    cap_day = cap_field(_("at most a day"))
    cap_week = cap_field(_("at most a week"))
    cap_month = cap_field(_("at most a month"))
    cap_term = cap_field(_("at most a term"))
    cap_year = cap_field(_("at most a school year"))
    cap_calendar = cap_field(_("at most a calendar year"))
    cap_ever = cap_field(_("at most in all"))
    group = models.ForeignKey(
        CapGroup,
        verbose_name=_("limit over several rules"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="rules",
    )
    validity = models.CharField(_("points are valid"), max_length=15, choices=Validity.choices, blank=True)
    valid_months = models.PositiveSmallIntegerField(_("months of validity"), default=0, blank=True)

    class Meta:
        verbose_name = _("point rule")
        verbose_name_plural = _("point rules")
        ordering = ["version", "order", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "code"],
                name="rule_code_once",
                violation_error_message=_("This code is taken in this version; choose another."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class StarLevel(StampedModel, ScopedModel):
    """One way to a star: a threshold and, where a county asks for it, so many times of one kind, so many times under
    one rule, and no complaint that is not settled. A level may have several ways; one of them suffices."""

    org_path = "version__scheme__unit"

    version = models.ForeignKey(
        SchemeVersion, verbose_name=_("version"), on_delete=models.PROTECT, related_name="stars"
    )
    level = models.PositiveSmallIntegerField(_("star"))
    route = models.PositiveSmallIntegerField(_("way"), default=1)
    name = models.CharField(_("name"), max_length=40)
    basis = models.CharField(
        _("measured by"), max_length=10, choices=StarBasis.choices, default=StarBasis.POINTS
    )
    threshold = models.PositiveIntegerField(_("at least"))
    also_kind = models.ForeignKey(
        EventKind,
        verbose_name=_("and came to"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    also_times = models.PositiveSmallIntegerField(_("times"), default=0)
    also_rule = models.SlugField(_("and earned under the rule"), max_length=40, blank=True)
    also_rule_times = models.PositiveSmallIntegerField(_("times under the rule"), default=0)
    no_complaint = models.BooleanField(_("and no unsettled complaint"), default=False)
    keeps = models.PositiveSmallIntegerField(
        _("stays for so many further periods"),
        default=0,
        help_text=_("0: the star is judged anew in each counting period."),
    )

    class Meta:
        verbose_name = _("star level")
        verbose_name_plural = _("star levels")
        ordering = ["version", "level", "route"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "level", "route"],
                name="star_way_once",
                violation_error_message=_(
                    "This star has this way already; give the second one another number."
                ),
            )
        ]

    def __str__(self) -> str:
        return self.name

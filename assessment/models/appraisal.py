import secrets

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Person, Unit
from accounts.scopes import ScopedModel
from assessment.enums import AppraisalStatus, AppraisalYear, Scoring, Side
from portal.kernel.models import StampedModel


class AppraisalScheme(StampedModel, ScopedModel):
    """A table of sections and indicators by which a county scores its parent schools.

    `{year}` in the title stands for the year of the sheet. Once a unit has handed in its self score, sections and
    indicators change no more; the next year's table is a copy.
    """

    org_path = "unit"

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=100)
    title = models.CharField(
        _("title of the sheet"), max_length=120, help_text=_("{year} stands for the year of the sheet.")
    )
    unit = models.ForeignKey(
        Unit, verbose_name=_("county"), on_delete=models.PROTECT, related_name="appraisal_schemes"
    )
    kinds = models.JSONField(_("kinds of unit it is for"), default=list)
    year_runs = models.CharField(
        _("the year is a"), max_length=10, choices=AppraisalYear.choices, default=AppraisalYear.SCHOOL
    )
    source = models.CharField(_("source document"), max_length=300, blank=True)
    remark = models.TextField(_("remark"), blank=True)

    class Meta:
        verbose_name = _("appraisal scheme")
        verbose_name_plural = _("appraisal schemes")

    def __str__(self) -> str:
        return self.name


class Section(ScopedModel):
    org_path = "scheme__unit"

    scheme = models.ForeignKey(
        AppraisalScheme, verbose_name=_("scheme"), on_delete=models.PROTECT, related_name="sections"
    )
    order = models.PositiveSmallIntegerField(_("order"))
    name = models.CharField(_("name"), max_length=60)
    max_points = models.DecimalField(_("full score"), max_digits=5, decimal_places=1)
    remark = models.CharField(_("remark"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("section")
        verbose_name_plural = _("sections")
        ordering = ["scheme", "order"]
        constraints = [models.UniqueConstraint(fields=["scheme", "order"], name="section_order_once")]

    def __str__(self) -> str:
        return self.name


class Indicator(ScopedModel):
    """What is looked at, for how many points, and how the score is found.

    `bands` for RATIO_BANDS and COUNT_BANDS: [[at least, score], …], largest first; ratios in per mille, below the
    last band nothing. `parts`: [[text, points], …], what the full score is made of, where the source says so.
    """

    org_path = "section__scheme__unit"

    section = models.ForeignKey(
        Section, verbose_name=_("section"), on_delete=models.PROTECT, related_name="indicators"
    )
    number = models.CharField(_("number"), max_length=10)
    order = models.PositiveSmallIntegerField(_("order"))
    text = models.CharField(_("indicator"), max_length=300)
    max_points = models.DecimalField(_("full score"), max_digits=5, decimal_places=1)
    rule_text = models.CharField(_("how it is scored"), max_length=300, blank=True)
    evidence_hint = models.CharField(_("what to show"), max_length=200, blank=True)
    scoring = models.CharField(_("scored"), max_length=12, choices=Scoring.choices, default=Scoring.MANUAL)
    metric = models.CharField(_("unit metric"), max_length=40, blank=True)
    bands = models.JSONField(_("bands"), default=list, blank=True)
    parts = models.JSONField(_("made of"), default=list, blank=True)
    remark = models.CharField(_("remark"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("indicator")
        verbose_name_plural = _("indicators")
        ordering = ["section", "order"]
        constraints = [models.UniqueConstraint(fields=["section", "order"], name="indicator_order_once")]

    def __str__(self) -> str:
        return f"{self.number} {self.text}"


class Appraisal(StampedModel, ScopedModel):
    """One unit, one scheme, one year."""

    org_path = "unit"

    scheme = models.ForeignKey(
        AppraisalScheme, verbose_name=_("scheme"), on_delete=models.PROTECT, related_name="appraisals"
    )
    unit = models.ForeignKey(
        Unit, verbose_name=_("unit"), on_delete=models.PROTECT, related_name="appraisals"
    )
    year = models.PositiveSmallIntegerField(_("year"))
    status = models.CharField(
        _("status"),
        max_length=15,
        choices=AppraisalStatus.choices,
        default=AppraisalStatus.OPEN,
        editable=False,
    )
    filled_by = models.ForeignKey(
        Person,
        verbose_name=_("filled in by"),
        null=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    filled_at = models.DateTimeField(_("handed in at"), null=True, editable=False)
    reviewed_by = models.ForeignKey(
        Person,
        verbose_name=_("reviewed by"),
        null=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    reviewed_at = models.DateTimeField(_("settled at"), null=True, editable=False)
    return_reason = models.CharField(_("why it was sent back"), max_length=300, blank=True, editable=False)

    class Meta:
        verbose_name = _("appraisal")
        verbose_name_plural = _("appraisals")
        constraints = [
            models.UniqueConstraint(fields=["scheme", "unit", "year"], name="appraisal_once_a_year")
        ]

    def __str__(self) -> str:
        return f"{self.unit} {self.year}"


class Mark(StampedModel, ScopedModel):
    """The scores of one indicator: computed where a metric gives it, the unit's own, the county's.

    `computed_from` keeps what the computed score stands on, so that it can be explained and checked when the metrics
    have long been rebuilt: metric, value, base, day, bands, and the formula in words.
    """

    org_path = "appraisal__unit"

    appraisal = models.ForeignKey(
        Appraisal, verbose_name=_("appraisal"), on_delete=models.PROTECT, related_name="marks"
    )
    indicator = models.ForeignKey(
        Indicator, verbose_name=_("indicator"), on_delete=models.PROTECT, related_name="marks"
    )
    computed_score = models.DecimalField(_("computed"), max_digits=5, decimal_places=1, null=True, blank=True)
    computed_from = models.JSONField(_("computed from"), default=dict, blank=True)
    self_score = models.DecimalField(_("self score"), max_digits=5, decimal_places=1, null=True, blank=True)
    self_note = models.CharField(_("note of the unit"), max_length=300, blank=True)
    self_by = models.ForeignKey(
        Person, verbose_name=_("self score by"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    county_score = models.DecimalField(
        _("county score"), max_digits=5, decimal_places=1, null=True, blank=True
    )
    deduction_note = models.CharField(_("why points were taken off"), max_length=300, blank=True)
    county_by = models.ForeignKey(
        Person, verbose_name=_("county score by"), null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("mark")
        verbose_name_plural = _("marks")
        constraints = [
            models.UniqueConstraint(fields=["appraisal", "indicator"], name="mark_once"),
            models.CheckConstraint(
                condition=(Q(self_score=None) | Q(self_score__gte=0))
                & (Q(county_score=None) | Q(county_score__gte=0)),
                name="mark_not_below_zero",
                violation_error_message=_("A score is not below 0."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.appraisal} {self.indicator.number}"


def random_place(evidence: "Evidence", name: str) -> str:
    """Where a file is kept: no part of the name comes from whoever sent it."""
    return f"evidence/{evidence.uploaded_at:%Y}/{secrets.token_hex(16)}.{evidence.kind}"


class Evidence(ScopedModel):
    """A file that backs a mark: kept under a random name, served only through a scoped view.

    `sha256` is of the file as it was sent, so that the same file is found again in another unit. Once removed, the
    row stays and the file goes.
    """

    org_path = "mark__appraisal__unit"

    mark = models.ForeignKey(Mark, verbose_name=_("mark"), on_delete=models.PROTECT, related_name="evidence")
    side = models.CharField(_("from"), max_length=10, choices=Side.choices, default=Side.UNIT)
    file = models.FileField(_("file"), upload_to=random_place, blank=True)
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind of file"), max_length=10)
    size = models.PositiveIntegerField(_("size in bytes"), default=0)
    sha256 = models.CharField(max_length=64, db_index=True)
    uploaded_by = models.ForeignKey(
        Person, verbose_name=_("uploaded by"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    uploaded_at = models.DateTimeField(_("uploaded at"))
    removed_at = models.DateTimeField(_("removed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")

    def __str__(self) -> str:
        return self.name

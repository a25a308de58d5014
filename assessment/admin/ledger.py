"""The ledger and what it adds up to: to look at only, and never as a ranking of parents."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.access import load_or_404, permission_required, scope_for
from accounts.exports import ExportingAdmin
from accounts.models import Person
from accounts.paths import WIDTH
from accounts.scoped_admin import ReadOnlyAdmin, ReadOnlyMixin
from assessment.engine.star_reasons import star_reasons
from assessment.enums import EntryReason, Posting, VersionStatus
from assessment.models import PointEntry, PointRule, Standing
from assessment.queries import explain, own
from assessment.resources import PointEntryResource
from assessment.sources import SOURCES
from portal.kernel import clock
from portal.kernel.calendar import Period, SchoolYear, month_of, term_of

SEE = "assessment.view_pointentry"
DIGITS = 4


class SourceFilter(admin.SimpleListFilter):
    title, parameter_name = _("source of facts"), "source"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            *((source.code, source.name) for source in SOURCES.values()),
            ("adjustment", _("adjusted by hand")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[PointEntry]) -> QuerySet[PointEntry]:
        return queryset.filter(source=self.value()) if self.value() else queryset


class PostingFilter(admin.SimpleListFilter):
    """From the page of a posting; nothing to choose in the list itself."""

    title, parameter_name = _("posting"), "batch"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        asked = request.GET.get("batch", "")
        return [(asked, _("one posting"))] if asked.isdecimal() else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[PointEntry]) -> QuerySet[PointEntry]:
        asked = self.value() or ""
        return queryset.filter(batch=int(asked)) if asked.isdecimal() else queryset


class RuleFilter(admin.SimpleListFilter):
    """By the code of a rule of the own county, through all versions that bound; named as the latest one names it."""

    title, parameter_name = _("rule"), "rule"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        counties = {place[:WIDTH] for place in scope_for(request.user, SEE).paths}
        bound = PointRule.objects.filter(version__scheme__unit__path__in=counties).exclude(
            version__status=VersionStatus.DRAFT
        )
        named = dict(bound.order_by("version_id").values_list("code", "name"))
        return sorted(named.items(), key=lambda item: item[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet[PointEntry]) -> QuerySet[PointEntry]:
        return queryset.filter(rule__code=self.value()) if self.value() else queryset


class PeriodFilter(admin.SimpleListFilter):
    """When it happened."""

    title, parameter_name = _("happened in"), "period"

    def periods(self) -> dict[str, tuple[Any, Period]]:
        today = clock.today()
        year = SchoolYear.of(today)
        return {
            "month": (_("this month"), month_of(today)),
            "term": (_("this term"), term_of(today)),
            "year": (_("this school year"), year.period),
            "last": (_("the school year before"), SchoolYear(year.year - 1).period),
        }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(key, words) for key, (words, _period) in self.periods().items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[PointEntry]) -> QuerySet[PointEntry]:
        found = self.periods().get(self.value() or "")
        if found is None:
            return queryset
        period = found[1]
        return queryset.filter(happened_on__gte=period.begins_on, happened_on__lt=period.ends_on)


@admin.register(PointEntry)
class PointEntryAdmin(ReadOnlyMixin, ExportingAdmin):
    resource_classes = [PointEntryResource]
    list_display = ("whose", "happened_on", "rule", "points", "kept", "unit", "posted_on", "said_reason")
    list_display_links = ("happened_on",)
    list_filter = (SourceFilter, RuleFilter, PeriodFilter, PostingFilter, "reason", "cut_by")
    list_select_related = ("person", "rule", "unit", "batch")
    empty_hint = _(
        "The night enters a line here for each thing that earns points, from rolls, visits and records."
    )
    search_fields = ("person__name__startswith",)
    search_help_text = _("The beginning of the person's name, or the last four digits of the phone")
    ordering = ("-pk",)
    sortable_by = ()
    fields = readonly_fields = (
        "whose",
        "points",
        "happened_on",
        "explained",
        "posted_on",
        "said_reason",
        "reverses",
        "posting",
        "lineage",
    )

    class Media:
        css: ClassVar[Any] = {"all": ["assessment/ledger.css"]}

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[PointEntry], search_term: str
    ) -> tuple[QuerySet[PointEntry], bool]:
        """People first, then their lines: both are asked by an index."""
        term = search_term.strip()
        if not term:
            return queryset, False
        by_tail = len(term) == DIGITS and term.isdecimal()
        wanted = {"phone_tail": term} if by_tail else {"name__startswith": term}
        people = Person.objects.within(scope_for(request.user, SEE)).filter(**wanted)
        return queryset.filter(person__in=people.values("pk")), False

    @admin.display(description=_("person"))
    def whose(self, entry: PointEntry) -> str:
        return format_html('<a href="{}">{}</a>', ledger_url(entry.person_id), entry.person)

    @admin.display(description=_("reason"))
    def said_reason(self, entry: PointEntry) -> str:
        """With what of it is a taking-back: by itself the reason is that of the posting taken back."""
        words = entry.get_reason_display()
        if entry.batch.kind == Posting.REVERSAL and entry.reason != EntryReason.REVERSAL:
            return gettext("%(reason)s, by a posting taken back") % {"reason": words}
        if entry.reverses_id and entry.reason != EntryReason.REVERSAL:
            return gettext("%(reason)s, line taken back") % {"reason": words}
        return words

    @admin.display(description=_("kept back"))
    def kept(self, entry: PointEntry) -> str:
        """How much, and by what."""
        return f"{entry.cut} · {entry.get_cut_by_display()}" if entry.cut else "–"

    @admin.display(description=_("posting"))
    def posting(self, entry: PointEntry) -> str:
        """Its name alone: who sees lines need not see whole postings."""
        return str(entry.batch)

    @admin.display(description=_("mark of the line"))
    def lineage(self, entry: PointEntry) -> str:
        """By which a line and what took it back find each other, as the ledger keeps it."""
        return entry.key

    @admin.display(description=_("why"))
    def explained(self, entry: PointEntry) -> str:
        [line] = explain.explained(PointEntry.objects.filter(pk=entry.pk))
        why = render_to_string("assessment/ledger/why.html", {"line": line})
        return format_html("<p>{}</p>{}", line.words, why)

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(permission_required(SEE)(self.of_person))
        return [path("person/<int:pk>/", page, name="assessment_pointentry_person"), *super().get_urls()]

    def of_person(self, request: HttpRequest, pk: int) -> HttpResponse:
        """One person's ledger: the standing, why this star, and each line with its reasons; the lines shown sum to
        what counts."""
        person: Person = load_or_404(
            Person.objects.select_related("home"), pk, person=request.user, permission=SEE
        )
        standing = own.own_standing(person)
        lines = ledger_of(person, standing, request.GET.get("period", ""))
        context = {
            **self.admin_site.each_context(request),
            "title": person.name,
            "subtitle": _("point ledger"),
            "opts": self.opts,
            "person": person,
            "own": standing,
            "spendable": own.spendable(standing) if standing else None,
            "reasons": star_reasons(person, standing) if standing else None,
            "lines": lines,
            "total": sum(line.points for line in lines),
            "period": request.GET.get("period", ""),
        }
        return render(request, "assessment/ledger/person.html", context)


def ledger_url(person_id: int) -> str:
    return reverse("admin:assessment_pointentry_person", args=[person_id])


def ledger_of(person: Person, standing: own.Own | None, period: str) -> list[explain.Line]:
    """The lines of the counting period, or with `all` every one there is, spent and expired ones too; the latest
    first."""
    if standing is not None and period != "all":
        return own.lines_of(person, standing)
    return own.every_line(person)


@admin.register(Standing)
class StandingAdmin(ReadOnlyAdmin):
    """In the order of the records: a list by points would be a ranking."""

    list_display = ("person", "home", "points", "star_name", "points_ever", "day", "lines")
    list_filter = ("star",)
    list_select_related = ("person__home", "version")
    search_fields = ("person__name__startswith",)
    search_help_text = _("Search by the beginning of the person's name")
    ordering = ("person",)
    sortable_by = ()
    fields = readonly_fields = ("person", "points", "star_name", "points_ever", "day", "lines")
    empty_hint = _("The night adds up each person's points. They stand here from the first night on.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Standing]:
        return super().get_queryset(request).prefetch_related("version__stars")

    @admin.display(description=_("home unit"))
    def home(self, standing: Standing) -> str:
        """Namesakes are told apart by it."""
        return str(standing.person.home or "–")

    @admin.display(description=_("star"))
    def star_name(self, standing: Standing) -> str:
        names = (level.name for level in standing.version.stars.all() if level.level == standing.star)
        return next(names, gettext("no star yet"))

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ("person_id",)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """No address sorts people out by more or fewer points, which would rank them all the same."""
        return lookup in {"star", "star__exact"}

    @admin.display(description=_("why"))
    def lines(self, standing: Standing) -> str:
        return format_html('<a href="{}">{}</a>', ledger_url(standing.person_id), _("every line"))

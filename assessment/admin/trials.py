"""From a draft to rules in force: see what would change, publish just that, see that the night posted it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from accounts.access import load_or_404, scope_for
from accounts.refusals import tell_refusal
from accounts.scoped_admin import ScopedModelAdmin
from assessment.enums import VersionStatus
from assessment.forms.by_hand import WhyForm
from assessment.forms.trials import PublishForm, TryForm
from assessment.models import Batch, RuleTrial, SchemeVersion, TrialCrossing
from assessment.queries.rulebook import version_before, withdrawal_of
from assessment.services import reversal, what_if
from assessment.services.schemes import SchemeRefused
from assessment.services.trial_told import hides, says_who, star_names
from assessment.wording import (
    change_of_counting,
    group_sentence,
    names_of_kinds,
    rule_sentence,
    star_sentences,
    version_sentences,
)
from portal.kernel import clock

TRY, PUBLISH = what_if.PERMISSION, "assessment.publish_schemeversion"
PEOPLE_A_PAGE = 50


class TrialPages(ScopedModelAdmin):
    """The pages of trials beside those of a scheme version."""

    def get_urls(self) -> list[URLPattern]:
        def page(route: str, view: Any, name: str) -> URLPattern:
            return path(route, self.admin_site.admin_view(view), name=f"assessment_schemeversion_{name}")

        return [
            page("<int:pk>/try/", self.try_out, "try"),
            page("<int:pk>/publish/", self.publish, "publish"),
            page("<int:pk>/withdraw/", self.withdraw, "withdraw"),
            page("trial/<int:pk>/", self.trial, "trial"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> Any:
        version = self.get_object(request, object_id)
        more = trial_context(version) if version is not None else {}
        if more.get("is_withdrawable"):
            more["may_withdraw"] = request.user.has_perm(reversal.PERMISSION, version)
        return super().change_view(request, object_id, form_url, {**more, **(extra_context or {})})

    def try_out(self, request: HttpRequest, pk: int) -> HttpResponse:
        """From which day on; then the work, as a job."""
        version = load_or_404(
            SchemeVersion.objects.select_related("scheme__unit"), pk, person=request.user, permission=TRY
        )
        form = TryForm(request.POST or None, initial={"effective_from": version.effective_from})
        if request.method == "POST" and form.is_valid():
            try:
                job = what_if.ask_for_trial(
                    version, effective_from=form.cleaned_data["effective_from"], actor=request.user
                )
                return redirect("job", job.pk)
            except SchemeRefused as refusal:
                form.add_error("effective_from", str(refusal))
        context = {
            **self.admin_site.each_context(request),
            "title": _("See what would change"),
            "opts": self.opts,
            "version": version,
            "form": form,
            "counts_otherwise": change_of_counting(version, version_before(version, version.effective_from)),
            **said_by(version),
            "stars": stars_of(version),
        }
        return render(request, "assessment/trial/try.html", context)

    def publish(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Nothing is published untried: on to the latest trial that fits, or to a new one."""
        version = load_or_404(SchemeVersion, pk, person=request.user, permission=PUBLISH)
        latest = version.trials.select_related("version__scheme__unit").first()
        if latest is not None and what_if.fits(latest):
            return redirect("admin:assessment_schemeversion_trial", latest.pk)
        messages.info(request, _("See what would change first; then it is published from there."))
        return redirect("admin:assessment_schemeversion_try", pk)

    def withdraw(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What withdrawing means while nothing is posted, or why it cannot be; then the work, as a job. What is posted
        is taken back from the posting."""
        version = load_or_404(
            SchemeVersion.objects.select_related("scheme__unit"),
            pk,
            person=request.user,
            permission=reversal.PERMISSION,
        )
        if posting := posting_of(version):
            return redirect("admin:assessment_batch_reverse", posting.pk)
        form, refusal = WhyForm(request.POST or None), None
        try:
            reversal.check_withdrawable(version)
            if request.method == "POST" and form.is_valid():
                job = reversal.ask_for_withdrawal(
                    version, reason=form.cleaned_data["reason"], actor=request.user
                )
                return redirect("job", job.pk)
        except reversal.ReversalRefused as refused:
            refusal = str(refused)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Withdraw this version"),
            "opts": self.opts,
            "version": version,
            "form": form,
            "refusal": refusal,
        }
        return render(request, "assessment/trial/withdraw.html", context)

    def trial(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What was tried and, while it fits, its publication."""
        rows = RuleTrial.objects.select_related("version__scheme__unit", "asked_by")
        permission = PUBLISH if request.method == "POST" else TRY
        trial: RuleTrial = load_or_404(rows, pk, person=request.user, permission=permission)
        is_open = what_if.fits(trial)
        result = trial.result
        crossings = TrialCrossing.objects.within(scope_for(request.user, "assessment.view_standing")).filter(
            trial=trial
        )
        people = Paginator(
            crossings.select_related("person__home").order_by("person_id"), PEOPLE_A_PAGE
        ).get_page(request.GET.get("page"))
        form = PublishForm(request.POST or None, says_who=bool(people.paginator.count) or says_who(result))
        if request.method == "POST" and form.is_valid() and self.publish_trial(request, trial, form):
            return redirect("admin:assessment_schemeversion_change", trial.version_id)
        context = {
            **self.admin_site.each_context(request),
            "title": _("What would change"),
            "opts": self.opts,
            "trial": trial,
            "version": trial.version,
            "result": result,
            "hides": hides(result),
            "counts_otherwise": change_of_counting(
                trial.version, version_before(trial.version, trial.effective_from)
            ),
            "is_open": is_open,
            "is_ahead": trial.effective_from > trial.day,
            "has_moved": is_open and what_if.has_moved(trial),
            "posted": what_if.posted_of(trial) if trial.published_at else None,
            "withdrawal": withdrawal_of(trial.version) if trial.published_at else None,
            "people": people,
            "crossed": in_words(people.object_list, trial.version),
            "form": form if is_open and request.user.has_perm(PUBLISH, trial.version) else None,
            **said_by(trial.version),
            "stars": stars_of(trial.version),
        }
        return render(request, "assessment/trial/trial.html", context)

    def publish_trial(self, request: HttpRequest, trial: RuleTrial, form: PublishForm) -> bool:
        try:
            what_if.publish_tried(
                trial, reason=form.cleaned_data["reason"], actor=request.user, now=clock.now()
            )
        except SchemeRefused as refusal:
            tell_refusal(form, refusal)
            return False
        messages.success(request, _("The version is published. The next night counts by it."))
        return True


def trial_context(version: SchemeVersion) -> dict[str, Any]:
    """For the page of a version: its trials, how the night posted it, and the posting by which it is taken back."""
    published = version.trials.filter(published_at__isnull=False).first()
    posting = posting_of(version)
    return {
        "latest_trial": version.trials.first(),
        "posted": what_if.posted_of(published) if published else None,
        "withdrawal": withdrawal_of(version),
        "posting": posting,
        "is_withdrawable": posting is None and is_withdrawable(version),
    }


def posting_of(version: SchemeVersion) -> Batch | None:
    """By which a version in force is taken back."""
    if version.status != VersionStatus.PUBLISHED:
        return None
    return Batch.objects.filter(version=version, kind="rules", undone_by=None).order_by("pk").first()


def is_withdrawable(version: SchemeVersion) -> bool:
    try:
        reversal.check_withdrawable(version)
    except reversal.ReversalRefused:
        return False
    return True


def said_by(version: SchemeVersion) -> dict[str, Any]:
    """The rules with their sentences, the limits that several share, what holds for all, and what the source leaves
    open."""
    rules = list(version.rules.order_by("order", "code").prefetch_related("kinds", "items", "group"))
    return {
        "rules": [(rule, rule_sentence(rule, names_of_kinds(rule), in_full=True)) for rule in rules],
        "groups": [
            group_sentence(group, [rule.name for rule in rules if rule.group_id == group.pk])
            for group in version.groups.order_by("code")
        ],
        "whole": version_sentences(version),
        "gaps": version.scheme.gaps.splitlines(),
    }


def in_words(
    crossings: Iterable[TrialCrossing], version: SchemeVersion
) -> list[tuple[TrialCrossing, str, str]]:
    """Each with the names of the stars before and after."""
    rows = list(crossings)
    names = star_names(version) if rows else {}

    def named(level: int) -> str:
        return names.get(level, str(level))

    return [(row, named(row.star_before), named(row.star_after)) for row in rows]


def stars_of(version: SchemeVersion) -> list[str]:
    names = dict(version.rules.values_list("code", "name"))
    return star_sentences(version.stars.select_related("also_kind"), names)

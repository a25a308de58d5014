"""What comes in about sheets: a self score with files, the county's scores of a whole sheet, reasons, years."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Unit
from assessment import rules_appraisal as rules
from assessment.models import AppraisalScheme, Mark
from assessment.queries.appraisal import Row, Sheet
from assessment.services.appraisal import CountyScore
from assessment.services.appraisal.files import ACCEPT

NOTE_LENGTH = 300
MOST_FILES = 10


class ManyFilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True
    template_name = "django/forms/widgets/file.html"


class ManyFilesField(forms.FileField):
    """Several files at once; what they may be is the service's to say."""

    widget = ManyFilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        given = data if isinstance(data, list | tuple) else [data] if data else []
        if len(given) > MOST_FILES:
            raise forms.ValidationError(_("At most %(most)s files at once.") % {"most": MOST_FILES})
        return list(given)


def files_field() -> ManyFilesField:
    return ManyFilesField(
        label=_("evidence: photos or documents"),
        required=False,
        allow_empty_file=True,
        widget=ManyFilesInput(attrs={"accept": ACCEPT}),
        help_text=_("Photos (jpg, png), PDF, Word or Excel, up to 10 MB each."),
    )


class SelfScoreForm(forms.Form):
    """One indicator on a phone: the score is chosen, not typed."""

    score = forms.TypedChoiceField(label=_("own score"), required=False, coerce=Decimal, empty_value=None)
    note = forms.CharField(
        label=_("note"),
        max_length=NOTE_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    uploads = files_field()

    def __init__(self, *args: Any, mark: Mark, **kwargs: Any) -> None:
        preset = mark.self_score if mark.self_score is not None else mark.computed_score
        kwargs["initial"] = {"score": "" if preset is None else rules.plain(preset), "note": mark.self_note}
        super().__init__(*args, **kwargs)
        full = mark.indicator.max_points
        self.fields["score"].choices = [
            ("", _("not scored yet")),
            *((rules.plain(score), points_words(score, full, mark)) for score in rules.possible_scores(full)),
        ]


def points_words(score: Decimal, full: Decimal, mark: Mark) -> str:
    words = str(_("%(score)s points") % {"score": rules.plain(score)})
    if mark.computed_score == score:
        return str(_("%(points)s (as counted)") % {"points": words})
    return str(_("%(points)s (full score)") % {"points": words}) if score == full else words


class CountyMarkForm(forms.Form):
    """The county's score of one row. `was` is what stood there when the page was made: only what differs from it is
    sent on, and two inspectors at one sheet do not undo each other unawares."""

    score = forms.DecimalField(
        label=_("county score"),
        required=False,
        widget=forms.NumberInput(attrs={"step": "0.5", "min": "0", "inputmode": "decimal"}),
    )
    note = forms.CharField(
        label=_("why points were taken off"),
        max_length=NOTE_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 1}),
    )
    was = forms.CharField(required=False, widget=forms.HiddenInput, max_length=NOTE_LENGTH + 20)

    def __init__(self, *args: Any, row: Row, **kwargs: Any) -> None:
        mark = row.mark
        self.row = row
        shown = "" if row.suggested is None else rules.plain(row.suggested)
        stored = "" if mark.county_score is None else rules.plain(mark.county_score)
        kwargs["initial"] = {
            "score": shown,
            "note": mark.deduction_note,
            "was": f"{stored}|{mark.deduction_note}",
        }
        kwargs["prefix"] = f"m{mark.pk}"
        super().__init__(*args, **kwargs)
        number = {"number": mark.indicator.number}
        self.fields["score"].widget.attrs |= {
            "max": rules.plain(mark.indicator.max_points),
            "aria-label": _("county score of %(number)s") % number,
        }
        self.fields["note"].widget.attrs |= {
            "aria-label": _("why points were taken off at %(number)s") % number
        }

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not self.errors and self.given is not None and given["was"] != self.initial["was"]:
            seen: Any = self.data.copy()
            seen[self.add_prefix("was")] = self.initial["was"]
            self.data = seen
            mark = self.row.mark
            raise forms.ValidationError(
                _("%(name)s gave %(score)s here meanwhile. Save again to replace it."),
                params={
                    "name": mark.county_by,
                    "score": "–" if mark.county_score is None else rules.plain(mark.county_score),
                },
            )
        return given

    @property
    def given(self) -> CountyScore | None:
        """What was typed; None where it is what stood there."""
        score, note = self.cleaned_data["score"], self.cleaned_data["note"]
        now = f"{'' if score is None else rules.plain(score)}|{note}"
        return None if now == self.cleaned_data["was"] else CountyScore(score, note)


class CountySheetForm:
    """A form for each row of a sheet, sent as one."""

    def __init__(self, sheet: Sheet, posted: Any = None) -> None:
        self.by_mark = {row.mark.pk: CountyMarkForm(posted, row=row) for row in sheet.rows}

    def is_valid(self) -> bool:
        """Each row is asked, so that each shows what is wrong with it."""
        faults = [form.errors for form in self.by_mark.values()]
        return not any(faults)

    @property
    def scores(self) -> dict[int, CountyScore]:
        return {pk: form.given for pk, form in self.by_mark.items() if form.given is not None}

    def add_faults(self, faults: dict[int, str]) -> None:
        for pk, sentence in faults.items():
            self.by_mark[pk].add_error(
                "note" if self.by_mark[pk].cleaned_data.get("score") else None, sentence
            )


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("reason"), max_length=NOTE_LENGTH, widget=forms.Textarea(attrs={"rows": 2})
    )


class EvidenceForm(forms.Form):
    uploads = files_field()

    def clean_uploads(self) -> list[UploadedFile]:
        files: list[UploadedFile] = self.cleaned_data["uploads"]
        if not files:
            raise forms.ValidationError(_("Choose a file first."))
        return files


class YearForm(forms.Form):
    """A scheme and a year."""

    scheme = forms.ModelChoiceField(AppraisalScheme.objects.none(), label=_("scheme"), empty_label=None)
    year = forms.IntegerField(
        label=_("year"),
        min_value=2000,
        max_value=2100,
        help_text=_("Of a school year, the one in which it begins: 2026 for 2026–2027."),
    )

    def __init__(self, *args: Any, schemes: QuerySet[AppraisalScheme], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scheme"].queryset = schemes


class ExportForm(YearForm):
    place = forms.ModelChoiceField(Unit.objects.none(), label=_("units of"), empty_label=None)

    def __init__(self, *args: Any, places: QuerySet[Unit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["place"].queryset = places

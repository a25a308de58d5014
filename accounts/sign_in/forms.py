"""The forms of the door: allauth's, in our words and with our rules."""

from __future__ import annotations

import unicodedata
from typing import Any

from allauth.account.forms import ChangePasswordForm, LoginForm, SetPasswordForm
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts import phones
from accounts.models import Person
from accounts.services.sms_codes import DIGITS
from accounts.sign_in import work
from portal.kernel import clock


class SignInForm(LoginForm):
    """By user name or phone number, and password."""

    user: Person | None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = forms.CharField(
            label=_("User name or mobile number"),
            max_length=60,
            widget=forms.TextInput(
                attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
            ),
        )
        password = self.fields["password"]
        password.label, password.help_text = _("Password"), ""
        password.widget.attrs.pop("placeholder", None)
        self.order_fields(["login", "password", "remember"])

    def user_credentials(self) -> dict[str, Any]:
        """What was typed, to check; who it is, to remember: a typed number must not end in the session."""
        if self.user is None:
            return {"username": self.cleaned_data["login"], "password": self.cleaned_data["password"]}
        return {
            "username": self.user.username or str(self.user.pk),
            "password": self.cleaned_data["password"],
        }

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean()
        person = self.user
        if person is not None and person.password_due_at and person.password_due_at <= clock.now():
            self.user = None
            raise ValidationError(
                _(
                    "Your one-time password was valid for 72 hours and has run out. Ask whoever gave it to you for a "
                    "new one."
                ),
                code="password_ran_out",
            )
        return given


class WorkForm(forms.Form):
    """What the browser worked out while somebody was typing or waiting."""

    challenge = forms.CharField(required=False, max_length=200)
    work = forms.CharField(required=False, max_length=12)

    @property
    def proof(self) -> str | None:
        given = getattr(self, "cleaned_data", {})
        return work.solved(given.get("challenge", ""), given.get("work", ""))


class NumberForm(WorkForm):
    """The number to which a code goes."""

    phone = forms.CharField(
        label=_("Mobile number"),
        max_length=40,
        error_messages={"required": _("Write your mobile number.")},
        widget=forms.TextInput(
            attrs={"type": "tel", "inputmode": "tel", "autocomplete": "tel-national", "maxlength": 40}
        ),
    )

    def clean_phone(self) -> str:
        try:
            return phones.normalise(self.cleaned_data["phone"])
        except phones.BadPhone as wrong:
            raise ValidationError(str(wrong), code=wrong.code) from wrong


class CodeForm(forms.Form):
    """Six digits, as people type them: full-width, with spaces."""

    code = forms.CharField(
        label=_("Code from the message"),
        max_length=40,
        error_messages={"required": _("Write the six digits from the message.")},
        widget=forms.TextInput(
            attrs={
                "inputmode": "numeric",
                "autocomplete": "one-time-code",
                "maxlength": 20,
                "autofocus": True,
            }
        ),
    )

    def clean_code(self) -> str:
        digits = "".join(unicodedata.normalize("NFKC", self.cleaned_data["code"]).split()).replace("-", "")
        if len(digits) != DIGITS or not digits.isascii() or not digits.isdigit():
            raise ValidationError(_("The code has six digits."), code="code_shape")
        return digits


class FirstPasswordForm(SetPasswordForm):
    """A password for somebody who had none."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        in_our_words(self)


class OwnPasswordForm(ChangePasswordForm):
    """A password of one's own, and not the one-time one again."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["oldpassword"].label = _("Present password")
        in_our_words(self)

    def clean_password1(self) -> str:
        password: str = self.cleaned_data["password1"]
        if self.user.check_password(password):
            raise ValidationError(_("This is your present password. Choose another."), code="password_same")
        return password


def in_our_words(form: forms.Form) -> None:
    """The two fields for a new password."""
    form.fields["password1"].label = _("New password")
    form.fields["password2"].label = _("New password once more")
    for field in form.fields.values():
        field.widget.attrs.pop("placeholder", None)
    form.fields["password1"].help_text = _(
        "At least 10 characters. Four words that have nothing to do with each other are easy to remember and hard "
        "to guess."
    )

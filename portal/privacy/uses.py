"""For what personal information is used, on which legal basis, and how long it is kept: the words of the data map."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Basis(StrEnum):
    """个人信息保护法 13."""

    CONSENT = "consent"
    DUTY = "duty"

    @property
    def words(self) -> str | Promise:
        return {
            Basis.CONSENT: _("your consent, which you may take back at any time"),
            Basis.DUTY: _("the school's and the county's statutory duty of guiding family education"),
        }[self]


@dataclass(frozen=True)
class Use:
    """`what` names the information in a reader's words. `is_shown` says whether a copy of somebody's data holds these
    fields: keys and counters mean nothing to them, and secrets must not leave the portal."""

    code: str
    what: str | Promise
    purpose: str | Promise
    basis: Basis
    until: str | Promise
    is_shown: bool = True


USES: dict[str, Use] = {
    use.code: use
    for use in (
        Use(
            "identity",
            _("your name and the unit you belong to"),
            _("to know who takes part, and at which parent school"),
            Basis.DUTY,
            _("until you erase your account"),
        ),
        Use(
            "contact",
            _("your telephone number"),
            _("to sign in by a code, and to reach you about events"),
            Basis.CONSENT,
            _("until you erase your account or take the number out"),
        ),
        Use(
            "signing_in",
            _("your user name, what your password and codes are checked against, and attempts to sign in"),
            _("to keep your account safe"),
            Basis.CONSENT,
            _("codes and attempts for days, the rest until you erase your account"),
            is_shown=False,
        ),
        Use(
            "family",
            _("your child's name, class and, where it was given, gender; who its guardians are, and how"),
            _("to know which child belongs to whom and to which class"),
            Basis.DUTY,
            _("until three years after the child has left the school"),
        ),
        Use(
            "learning",
            _("your parent schools, the events you came to, home visits, service and other records"),
            _("to record what you took part in"),
            Basis.DUTY,
            _(
                "words and bookings three years; that you took part, as long as the points that rest on it, "
                "without your name once you erase your account"
            ),
        ),
        Use(
            "notices",
            _("what the portal told you, and whether you have read it"),
            _("to tell you of changes of events, of seats and of messages from the school"),
            Basis.DUTY,
            _("until you erase your account"),
        ),
        Use(
            "points",
            _("each line of your points with its reason, your stars"),
            _("to count points and stars, and to explain each of them"),
            Basis.DUTY,
            _("as long as the ledger is kept; without your name once you erase your account"),
        ),
        Use(
            "office",
            _("your offices and the work that goes with them"),
            _("to know who holds which office and does which work"),
            Basis.DUTY,
            _("three years after the office ends"),
        ),
        Use(
            "rights",
            _("what you agreed to and when, what you asked about your data, and the answers"),
            _("to show that your data is handled lawfully, and to answer what you ask"),
            Basis.DUTY,
            _("three years (个人信息保护法 56)"),
        ),
        Use(
            "trail",
            _("what you did in the portal, and when"),
            _("to find out afterwards who did what"),
            Basis.DUTY,
            _("twelve months at least (网络安全法 23)"),
        ),
        Use(
            "inside",
            _("from where and on which record it was done; lists you imported or exported"),
            _("to do what was asked for, and to find out afterwards what was done"),
            Basis.DUTY,
            _("files thirty days, the rest twelve months at least"),
            is_shown=False,
        ),
        Use(
            "housekeeping",
            _("numbers of records, and when they were made and changed"),
            _("to keep the records in order"),
            Basis.DUTY,
            _("as long as the record they belong to"),
            is_shown=False,
        ),
    )
}

"""Some pages ask once more who is there: those that change how one signs in, and those by which much leaves the house.

Whoever has signed in, or proved it again, within a quarter of an hour is not asked. Otherwise the password, a passkey
or the app is asked for, and a code by SMS of those who have none of these. WeChat lets in without asking
anybody anything, so a session which it opened has proved nothing yet.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.models import Authenticator
from django.http import HttpRequest

from accounts.models import Person
from accounts.sign_in.entering import BY_WECHAT
from portal.kernel import clock

FRESH_FOR = timedelta(minutes=15)
PAGES = frozenset(
    {
        "account_phone",
        "account_phone_code",
        "account_set_password",
        "account_wechat_bind",
        "mfa_activate_totp",
        "mfa_deactivate_totp",
        "mfa_add_webauthn",
        "mfa_remove_webauthn",
        "mfa_view_recovery_codes",
        "mfa_download_recovery_codes",
        "mfa_generate_recovery_codes",
        "admin:accounts_person_factor",
        "admin:accounts_person_password",
        "admin:accounts_person_unmask",
        "admin:assessment_appraisal_export",
        "admin:kernel_run_recount",
    }
)


def is_fresh(request: HttpRequest, person: Person, *, now: datetime) -> bool:
    records = get_authentication_records(request, person)
    shown = [record["at"] for record in records if record["method"] != BY_WECHAT]
    began = request.session.get("began_at", 0) if len(shown) == len(records) else 0
    latest = max([began, *shown])
    return now.timestamp() - latest < FRESH_FOR.total_seconds()


def needs_fresh_sign_in(request: HttpRequest, person: Person, page: str) -> bool:
    return page in PAGES and not is_fresh(request, person, now=clock.now())


def way_to_prove(person: Person) -> str:
    """The page that asks, by the strongest means that this person has."""
    kinds = set(Authenticator.objects.filter(user=person).values_list("type", flat=True))
    if Authenticator.Type.TOTP in kinds:
        return "mfa_reauthenticate"
    if person.has_usable_password():
        return "account_reauthenticate"
    return "mfa_reauthenticate_webauthn" if Authenticator.Type.WEBAUTHN in kinds else "account_proof"

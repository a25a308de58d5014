"""What each kind of notice says. A service that sends a new kind names it here; a test holds both together."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

KINDS: dict[str, str | Promise] = {
    "accounts.phone_changed": _(
        "Your phone number was changed from %(before)s to %(after)s. "
        "If that was not you, sign out everywhere and tell the school."
    ),
    "assessment.objection_upheld": _("Your objection was found right. The answer stands here."),
    "assessment.objection_waits": _(
        "Your objection was found right. A second person has to approve the points."
    ),
    "assessment.objection_reopened": _(
        "A second person did not approve the points for your objection. It is decided anew; the day stands here."
    ),
    "assessment.objection_refused": _("Your objection was not found right. The reason stands here."),
    "parentschool.message": _("%(unit)s writes: %(title)s"),
    "events.moved_up": _(
        "A seat came free for you: “%(title)s”, %(starts_at)s. %(seats)s seats are yours now."
    ),
    "events.booked_for_you": _("Booked for you: “%(title)s”, %(starts_at)s, %(seats)s seats."),
    "events.waits_for_you": _(
        "Put on the waiting list for you: “%(title)s”, %(starts_at)s, %(seats)s seats. "
        "You will be told when they are free."
    ),
    "events.given_back": _("Your booking for “%(title)s”, %(starts_at)s, was cancelled by the host."),
    "events.changed": _("“%(title)s” has changed. It is now on %(starts_at)s, at %(place)s."),
    "events.called_off": _("“%(title)s” on %(starts_at)s is called off: %(reason)s"),
    "events.tomorrow": _("Tomorrow: “%(title)s”, %(starts_at)s, at %(place)s."),
}

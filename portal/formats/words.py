"""Words of dates that Django's Chinese catalogue renders otherwise: 周一, where it says 星期一."""

from django.utils.translation import gettext_noop

WEEKDAYS = [
    gettext_noop("Mon"),
    gettext_noop("Tue"),
    gettext_noop("Wed"),
    gettext_noop("Thu"),
    gettext_noop("Fri"),
    gettext_noop("Sat"),
    gettext_noop("Sun"),
]

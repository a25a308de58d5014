"""Words that Django's Chinese catalogue renders otherwise: 周一, where it says 星期一, the marks after a label, which it
leaves half as wide as the characters before them, and what is said after saving."""

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
AFTER_A_LABEL = gettext_noop(":")
"""What a form puts after the words of a field."""
ENDS_OF_A_LABEL = gettext_noop(":?.!")
"""A label that ends in one of these gets nothing more."""
SAVED = [
    gettext_noop("The {name} “{obj}” was added successfully."),
    gettext_noop("The {name} “{obj}” was added successfully. You may edit it again below."),
    gettext_noop("The {name} “{obj}” was added successfully. You may add another {name} below."),
    gettext_noop("The {name} “{obj}” was changed successfully."),
    gettext_noop("The {name} “{obj}” was changed successfully. You may edit it again below."),
    gettext_noop("The {name} “{obj}” was changed successfully. You may add another {name} below."),
    gettext_noop("Add another %(verbose_name)s"),
]
"""What the office says after saving; Django's Chinese leaves a gap before the name."""

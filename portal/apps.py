from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PortalConfig(AppConfig):
    name = "portal"
    verbose_name = _("Portal")

    def ready(self) -> None:
        """The composition knows every app, so it says what the acts in the audit and the notices are called."""
        from portal import belongings  # noqa: F401 - says what hangs on a person, once the models are loaded
        from portal.acts import GROUPS
        from portal.kernel.audit import name_acts
        from portal.kernel.notices import name_kinds
        from portal.notice_words import KINDS

        for group, acts in GROUPS:
            name_acts(group, acts)
        name_kinds(KINDS)

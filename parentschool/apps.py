from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ParentSchoolConfig(AppConfig):
    name = "parentschool"
    verbose_name = _("Families and classes")

    def ready(self) -> None:
        from parentschool import reach  # noqa: F401 - registers with accounts once the models are loaded

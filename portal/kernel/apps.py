from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class KernelConfig(AppConfig):
    name = "portal.kernel"
    label = "kernel"
    verbose_name = _("System")

    def ready(self) -> None:
        """Kinds of job register where their tasks stand, in the web process as in the worker."""
        autodiscover_modules("tasks")

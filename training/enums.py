from django.db import models
from django.utils.translation import gettext_lazy as _


class Tier(models.TextChoices):
    EXPERT = "expert", _("invited expert")
    COUNTY = "county", _("county lecturer")
    SCHOOL = "school", _("school lecturer")

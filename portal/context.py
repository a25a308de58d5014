"""What every template may ask."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from portal.home.face import Face


def faces(request: HttpRequest) -> dict[str, Any]:
    return {"app_name": settings.APP_NAME, "is_demo": settings.DEMO, "face": Face(request)}

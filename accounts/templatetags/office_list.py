"""`{% office_list cl %}`: the table of an office list in place of Django's `{% result_list cl %}`."""

from __future__ import annotations

from typing import Any

from django import template
from django.contrib.admin.templatetags.admin_list import result_headers
from django.contrib.admin.views.main import ChangeList

from accounts.office_rows import rows_of

register = template.Library()


@register.inclusion_tag("admin/change_list_results.html")
def office_list(cl: ChangeList) -> dict[str, Any]:
    return {"headers": list(result_headers(cl)), "rows": rows_of(cl)}

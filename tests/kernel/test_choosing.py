"""Rows to tick: forged keys are no choices."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from events.models import EventKind
from portal.kernel.choosing import RowsField


@pytest.mark.parametrize("key", ["9" * 40, "-1", "1 OR 1", "１", "", "\x00"])
def test_a_key_that_is_none_is_no_choice_however_long(db, key):
    kind = EventKind.objects.first()
    field = RowsField(EventKind.objects.all())
    assert list(field.clean([str(kind.pk)])) == [kind]
    with pytest.raises(ValidationError) as refused:
        field.clean([str(kind.pk), key])
    assert refused.value.code == "invalid_pk_value"


def test_nothing_ticked_is_nothing(db):
    field = RowsField(EventKind.objects.all(), required=False)
    assert list(field.clean([])) == list(field.clean(None)) == []

"""The data map: field, purpose, basis, keep-until; nothing outside it (security row 75)."""

from __future__ import annotations

from django.apps import apps

from portal.privacy.datamap import about_nobody, data_map
from portal.privacy.uses import USES


def mapped():
    return {kept.label: kept for kept in data_map()}


def test_row_75_every_model_is_in_the_map_or_about_nobody():
    kept = {model._meta.label for model in apps.get_models() if not model._meta.proxy}
    assert kept == {*mapped(), *about_nobody()}, "say in portal/privacy/datamap.toml what the model keeps"


def test_row_75_every_field_of_a_mapped_model_has_its_use():
    for label, kept in mapped().items():
        fields = {field.name for field in apps.get_model(label)._meta.get_fields() if field.concrete}
        assert fields == set(kept.uses), f"say in portal/privacy/datamap.toml what {label} keeps these for"


def test_row_75_every_use_has_purpose_basis_and_end():
    for use in USES.values():
        assert str(use.what)
        assert str(use.purpose)
        assert str(use.basis.words)
        assert str(use.until)


def test_what_is_emptied_are_texts_of_the_model():
    for kept in data_map():
        for name in kept.blank:
            assert kept.model._meta.get_field(name).get_internal_type() in {"CharField", "TextField"}, (
                kept.label
            )


def test_row_76_every_model_about_people_says_whose_rows_they_are():
    """Otherwise its rows would be in nobody's copy."""
    nobodys = {label for label, kept in mapped().items() if not kept.about}
    assert nobodys == {
        "accounts.SmsCode",
        "sessions.Session",
        "axes.AccessAttempt",
    }  # known by number or key alone

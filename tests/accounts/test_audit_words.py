"""What the trail tells of an act, in the reader's words."""

import ast
from pathlib import Path

import pytest
from django.conf import settings
from django.utils.translation import override

from accounts.audit_words import UNSAID, WORDS, told


@pytest.mark.parametrize(
    ("summary", "words"),
    [
        ({"reason": "来电核对"}, [("原因", "来电核对")]),
        ({"score": ["", "6"], "note": ["", ""]}, [("得分", "6")]),
        ({"score": ["5", "6"]}, [("得分", "5 → 6")]),
        ({"note": ["旧", ""]}, [("备注", "旧 → 空")]),
        ({"changes": {"name": ["甲", "乙"]}}, [("变更内容", "名称 甲 → 乙")]),
        ({"acting": True, "valid_until": None}, [("代理", "是")]),
        ({"people": [3, 4]}, [("人员", "3、4")]),
        ({"something_new": 5}, [("something_new", "5")]),
        ({"digest": "9f86d0", "reason": "核对"}, [("原因", "核对")]),
        ({"effective_from": "2026-09-01"}, [("生效日期", "2026年9月1日(周二)")]),
        ({}, []),
    ],
)
def test_details_are_told_in_chinese(summary, words):
    with override("zh-hans"):
        assert told(summary) == words


def test_the_history_of_a_row_leaves_out_the_numbers_of_others():
    with override("zh-hans"):
        assert told({"person": 4300, "points": 5}, of_row=True) == [("积分", "5")]


@pytest.mark.parametrize(
    ("summary", "about", "words"),
    [
        ({"fields": ["cap_day", "no_such"]}, "assessment.schemeversion", "全部规则每天最多、no_such"),
        ({"status": "held"}, "events.event", "已举办"),
        ({"status": "held"}, "events.gone", "held"),
        ({"status": "held"}, "", "held"),
    ],
)
def test_fields_and_codes_are_told_in_the_words_of_their_model(summary, about, words):
    with override("zh-hans"):
        [(_name, value)] = told(summary, about)
    assert value == words


def details_recorded() -> set[str]:
    """The names of all details that some code gives to the audit by name."""
    apps = ["accounts", "assessment", "events", "parentschool", "portal", "training"]
    files = [path for app in apps for path in (Path(settings.BASE_DIR) / app).rglob("*.py")]
    calls = [
        node
        for path in files
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "audit.record"
    ]
    return {word.arg for call in calls for word in call.keywords if word.arg}


def test_every_detail_has_a_name():
    own = {"actor", "now", "obj", "path", "result"}
    found = details_recorded() - own
    assert len(found) > 80
    assert found <= WORDS.keys() | UNSAID

"""What the trail tells of an act, in the reader's words."""

import pytest
from django.utils.translation import override

from accounts.audit_words import told


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
        ({}, []),
    ],
)
def test_details_are_told_in_chinese(summary, words):
    with override("zh-hans"):
        assert told(summary) == words

import pytest

from accounts.enums import Kind
from accounts.rules import unit_name


@pytest.mark.parametrize(
    ("place", "kind", "name"),
    [
        ("漳江街道", Kind.STATION, "漳江街道协同育人指导站"),
        ("高岩村", Kind.VILLAGE, "高岩村家长学校"),
        ("通伏村委会", Kind.VILLAGE, "通伏村家长学校"),
        ("通伏村村民委员会", Kind.VILLAGE, "通伏村家长学校"),
        ("城关社区居委会", Kind.COMMUNITY, "城关社区家长学校"),
        ("西街居委会", Kind.COMMUNITY, "西街社区家长学校"),
        ("文昌社区", Kind.COMMUNITY, "文昌社区家长学校"),
        ("前进农场生活区", Kind.COMMUNITY, "前进农场生活区家长学校"),
    ],
)
def test_units_are_called_after_their_place(place, kind, name):
    assert unit_name(place, kind) == name

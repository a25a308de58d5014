"""What a region's name says about the place."""

import pytest

from accounts.regions.names import (
    is_placeholder,
    joined,
    township_kind,
    township_stem,
    village_kind,
    village_stem,
)
from accounts.regions.places import TownshipKind, VillageKind


@pytest.mark.parametrize(
    ("name", "code", "kind"),
    [
        ("高岩村", "430725101201", "village"),
        ("三仙庙村村委会", "", "village"),
        ("刘庄子村民委员会", "", "village"),
        ("曙光社区村民委员会", "511526110209", "village"),
        ("巴彦宝拉格嘎查", "", "village"),
        ("金山嘎查委会", "", "village"),
        ("西西牧委会", "", "village"),
        ("新兴渔委会", "", "village"),
        ("二街村（合作社）", "", "village"),
        ("放牛窝堡村委会（合隆经济开发区）（省级）", "220103171308", "village"),
        ("高砂村委会婺源生态工业园区", "361130100213", "village"),
        ("松原港工贸集中区（特殊村委会）", "220702100233", "village"),
        ("文昌阁社区", "430725001001", "community"),
        ("多福巷社区居委会", "", "community"),
        ("宜川一村第二居委会", "", "community"),
        ("东村居民委员会", "", "community"),
        ("泉水农村社区", "530112003201", "community"),
        ("哈敦乌苏村委会社区", "", "community"),
        ("上闫垌社区居民管理委员会", "", "community"),
        ("广电厅家委会", "", "community"),
        ("西街社区服务中心", "", "community"),
        ("南田居", "", "community"),
        ("敦化经济开发区（省级）（特殊社区）", "222403001100", "community"),
        ("七连生活区", "652722504507", "village"),
        ("中心生活区", "652722504007", "community"),
        ("第五生产队", "130272451501", "village"),
        ("富山工业园管理区", "440402402401", "community"),
        ("农场", "", "village"),
    ],
)
def test_kind_of_a_village(name, code, kind):
    assert village_kind(name, code) == VillageKind(kind)


@pytest.mark.parametrize(
    ("name", "code", "kind"),
    [
        ("漳江街道", "430725001", "street"),
        ("南磨房地区", "110105021", "street"),
        ("保康街道办事处", "150521403", "street"),
        ("吴家山街", "420112001", "street"),
        ("陬市镇", "430725101", "town"),
        ("三星镇（叠石桥家纺产业园区）", "320614416", "town"),
        ("青林回族维吾尔族乡", "430725200", "township"),
        ("达斡尔民族乡", "150783200", "township"),
        ("吉忽伦图苏木", "150205202", "township"),
        ("红旗岭农场", "230524501", "other"),
        ("大兴经济开发区", "110115405", "other"),
        ("向阳区直辖村级区划", "230803198", "other"),
        ("乡", "", "township"),
        ("高新区", "", "other"),
    ],
)
def test_kind_of_a_township(name, code, kind):
    assert township_kind(name, code) == TownshipKind(kind)


def test_placeholders_of_the_statistics_are_told_from_places():
    assert {
        name: is_placeholder(name)
        for name in (
            "开发区虚拟社区",
            "种猪场虚拟生活区",
            "区直辖村级区划",
            "街道直辖村民小组",
            "农一连生活区",
            "社区",
        )
    } == {
        "开发区虚拟社区": True,
        "种猪场虚拟生活区": True,
        "区直辖村级区划": True,
        "街道直辖村民小组": True,
        "农一连生活区": False,
        "社区": False,
    }


def test_full_names_leave_headings_out_and_say_nothing_twice():
    assert joined("重庆市", "县", "城口县") == "重庆市城口县"
    assert joined("新疆维吾尔自治区", "自治区直辖县级行政区划", "北屯市") == "新疆维吾尔自治区北屯市"
    assert joined("广东省", "东莞市", "东莞市") == "广东省东莞市"


@pytest.mark.parametrize(
    ("spellings", "stem"),
    [
        (("高岩村", "高岩村委会", "高岩村村民委员会", "高岩社区", "高岩社区居委会", "高岩嘎查"), "高岩"),
        (("东村", "东村村委会", "东社区居民委员会"), "东"),
        (("村", "村委会"), "村"),
    ],
)
def test_a_village_keeps_its_stem_however_it_is_spelt(spellings, stem):
    assert {village_stem(name) for name in spellings[:-1]} == {stem}
    assert village_stem(spellings[-1])


def test_a_township_keeps_its_stem_when_it_becomes_a_town():
    assert {township_stem(name) for name in ("青林乡", "青林镇", "青林街道", "青林街道办事处")} == {"青林"}
    assert township_stem("镇") == "镇"

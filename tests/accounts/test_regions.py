"""The committed list of regions, and its reader."""

import hashlib
import time
from collections import Counter

import pytest
from django.utils import translation

from accounts.regions import archive, build
from accounts.regions.names import township_kind, village_kind
from accounts.regions.places import Level, Region
from accounts.regions.reader import (
    NATIONAL_FILE,
    VINTAGE,
    UnknownRegion,
    county,
    full_name,
    read_index,
    search_county,
)

ROWS_OF_THE_LIST = {"province": 31, "city": 342, "county": 2978, "township": 41352, "village": 620573}


def kinds(regions):
    rule = {Level.TOWNSHIP: township_kind, Level.VILLAGE: village_kind}
    return Counter(str(rule[region.level](region.name, region.code)) for region in regions)


# The committed file


def test_the_file_holds_every_row_of_the_list_once():
    index = read_index(NATIONAL_FILE)
    codes = {**index.provinces, **index.cities, **index.counties}
    counted = Counter(township=0, village=0)
    for province in index.provinces:
        text = archive.member_text(NATIONAL_FILE, f"{province}.txt")
        for code in (code for code in index.counties if code.startswith(province)):
            townships, villages = archive.parse_county(text, code)
            assert {township[:6] for township, _ in townships} == {code}
            assert {village[:9] for village, _ in villages} == {township for township, _ in townships}
            counted.update(township=len(dict(townships)), village=len(dict(villages)))
    by_digits = Counter(map(len, codes))
    counted.update(province=by_digits[2], city=by_digits[4], county=by_digits[6])
    assert counted == ROWS_OF_THE_LIST


def test_the_file_says_where_it_comes_from():
    said = archive.read_source(NATIONAL_FILE)
    assert said == {**build.source(), "rows": ROWS_OF_THE_LIST}
    assert said["as_of_on"] == VINTAGE.as_of_on.isoformat() == "2023-06-30"
    assert said["published_on"] == VINTAGE.published_on.isoformat() == "2023-09-11"
    assert "WTFPL" in said["package_licence"]
    assert VINTAGE.year == 2023


def test_the_file_is_small():
    assert NATIONAL_FILE.stat().st_size <= 5_000_000


def test_the_county_with_most_villages_is_read_within_a_tenth_of_a_second():
    def seconds() -> float:
        started = time.perf_counter()
        assert len(county("310115").villages) == 1526
        return time.perf_counter() - started

    assert min(seconds() for _ in range(5)) <= 0.1


def test_taoyuan_is_row_for_row_what_a_second_extract_of_the_list_says():
    regions = county("430725")
    rows = sorted((*regions.townships, *regions.villages), key=lambda region: region.code)
    lines = "".join(
        f"{row.code} {row.level} {row.name} {row.parent_code[: 9 if row.level == Level.VILLAGE else 6]}\n"
        for row in rows
    )
    assert hashlib.sha256(lines.encode()).hexdigest() == (
        "2695858bda584a9d5cd87667ac302cc04011052133a2ff54767b13112dd98cf4"
    )
    assert regions.county == Region("430725000000", "桃源县", Level.COUNTY, "430700000000")
    assert regions.city == Region("430700000000", "常德市", Level.CITY, "430000000000")
    assert regions.province == Region("430000000000", "湖南省", Level.PROVINCE, None)
    assert kinds(regions.townships) == {"street": 2, "town": 24, "township": 3}
    assert kinds(regions.villages) == {"village": 341, "community": 89}


def test_pingluo_has_the_counted_townships_and_villages():
    regions = county("640221")
    assert kinds(regions.townships) == {"town": 7, "township": 6}
    assert kinds(regions.villages) == {"village": 145 + 8, "community": 29}
    assert regions.townships[0] == Region("640221100000", "城关镇", Level.TOWNSHIP, "640221000000")


@pytest.mark.parametrize(
    ("code", "name", "parent", "townships", "villages"),
    [
        ("441900", "广东省东莞市", "440000000000", 36, 609),
        ("442000", "广东省中山市", "440000000000", 23, 287),
        ("460400", "海南省儋州市", "460000000000", 18, 340),
        ("419001", "河南省济源市", "419000000000", 16, 557),
        ("429021", "湖北省神农架林区", "429000000000", 8, 79),
        ("469029", "海南省保亭黎族苗族自治县", "469000000000", 10, 68),
        ("659001", "新疆维吾尔自治区石河子市", "659000000000", 8, 110),
        ("110101", "北京市东城区", "110100000000", 17, 169),
        ("500229", "重庆市城口县", "500200000000", 25, 204),
        ("350527", "福建省泉州市金门县", "350500000000", 0, 0),
    ],
)
def test_unusual_counties_are_counties_like_any_other(code, name, parent, townships, villages):
    regions = county(code)
    everything = [regions.county, *regions.townships, *regions.villages]
    assert (full_name(regions.county), regions.county.parent_code) == (name, parent)
    assert (len(regions.townships), len(regions.villages)) == (townships, villages)
    assert len({region.code for region in everything}) == len(everything)
    assert {region.parent_code for region in regions.townships} <= {regions.county.code}
    assert {region.parent_code for region in regions.villages} == {r.code for r in regions.townships}


# What was not a county's code


@pytest.mark.parametrize(
    ("given", "reason", "matches"),
    [
        ("430725000000", "too_long", ["430725"]),
        ("430725001000", "too_long", ["430725"]),
        ("430725001", "too_long", ["430725"]),
        ("430725101203", "too_long", ["430725"]),
        ("4307250", "too_long", ["430725"]),
        ("441900000000", "too_long", ["441900"]),
        ("4604", "above_county", ["460400"]),
        ("460000", "above_county", ["4601", "4602", "4603", "4604", "4690"]),
        ("640200", "above_county", ["640202", "640205", "640221"]),
        ("6402", "above_county", ["640202", "640205", "640221"]),
        ("640200000000", "above_county", ["640202", "640205", "640221"]),
        ("64", "above_county", ["6401", "6402", "6403", "6404", "6405"]),
        ("64000", "no_such_code", []),
        ("43072", "no_such_code", ["430721", "430722", "430723", "430724", "430725", "430726"]),
        ("640212", "no_such_code", ["640221", "640202", "640122"]),
        ("403725", "no_such_code", ["430725"]),
        ("999999", "no_such_code", []),
        ("", "not_a_code", []),
        ("桃源县", "not_a_code", ["430725"]),
        ("桃源", "not_a_code", ["430725"]),
        ("宁夏平罗", "not_a_code", ["640221"]),
        ("桃园县", "not_a_code", ["430725", "430922"]),
        ("Taoyuan", "not_a_code", []),
    ],
)
def test_a_wrong_code_is_refused_with_what_may_have_been_meant(given, reason, matches):
    with pytest.raises(UnknownRegion) as refusal:
        county(given)
    assert refusal.value.code == "unknown_region"
    assert refusal.value.details["given"] == given
    assert refusal.value.details["reason"] == reason
    assert [match["code"] for match in refusal.value.details["matches"]] == matches


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            "430725001",
            "430725001 is longer than a county's code. Give the six digits it begins with: "
            "430725 湖南省常德市桃源县.",
        ),
        (
            "{桃源}",
            "“{桃源}” is no county's code or name. Give a six-digit code, such as 430725.",
        ),
        (
            "桃源",
            "“桃源” is not a code. Give the county's six-digit code; did you mean 430725 湖南省常德市桃源县?",
        ),
        ("999999", "No county has the code 999999 in the list of 2023. Check the six digits."),
    ],
)
def test_the_refusal_says_what_to_do(given, sentence):
    with translation.override("en"), pytest.raises(UnknownRegion) as refusal:
        county(given)
    with translation.override("en"):
        assert str(refusal.value) == sentence


@pytest.mark.parametrize(
    "given", ["430725", " 430725 ", "\uff14\uff13\uff10\uff17\uff12\uff15", "430 725", "43-07-25"]
)
def test_a_code_is_understood_as_people_type_it(given):
    assert county(given).county.name == "桃源县"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("常德市桃源县", ["湖南省常德市桃源县"]),
        ("湖南 桃源", ["湖南省常德市桃源县"]),
        ("北京海淀", ["北京市海淀区"]),
        ("东莞", ["广东省东莞市"]),
        ("济源市", ["河南省济源市"]),
        ("鼓楼", ["江苏省南京市鼓楼区", "江苏省徐州市鼓楼区", "福建省福州市鼓楼区", "河南省开封市鼓楼区"]),
        ("430752", ["湖南省常德市桃源县", "湖南省常德市武陵区", "湖南省常德市汉寿县"]),
        ("430725001001", ["湖南省常德市桃源县"]),
        ("", []),
    ],
)
def test_search_finds_counties_by_name_and_by_code(text, names):
    assert [full_name(region) for region in search_county(text)] == names

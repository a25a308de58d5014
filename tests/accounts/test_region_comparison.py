"""What differs between two lists of a county."""

from accounts.regions.comparison import Change, Comparison, compare
from accounts.regions.places import Level, Region, padded
from accounts.regions.reader import county


def township(code, name):
    return Region(padded(code), name, Level.TOWNSHIP, padded(code[:6]))


def village(code, name):
    return Region(code, name, Level.VILLAGE, padded(code[:9]))


TOWN = township("430725101", "陬市镇")
FARM = township("430725102", "农场")


def test_the_same_list_differs_in_nothing():
    regions = county("430725")
    rows = [regions.county, *regions.townships, *regions.villages]
    assert compare(rows, list(reversed(rows))).is_empty


def test_additions_removals_and_renames():
    kept, gone = village("430725101200", "甲村"), village("430725101201", "乙村")
    old_name, new_name = village("430725101202", "丙村"), village("430725101202", "丁村")
    respelt = village("430725101200", "甲村村委会")
    come = village("430725101203", "戊村")
    assert compare([TOWN, kept, gone, old_name], [TOWN, respelt, new_name, come]) == Comparison(
        added=(come,),
        removed=(gone,),
        renamed=(Change(kept, respelt), Change(old_name, new_name)),
        recoded=(),
    )


def test_a_village_that_became_a_community_is_recoded_not_replaced():
    before, after = village("430725101200", "甲村"), village("430725101001", "甲社区居委会")
    assert compare([TOWN, before], [TOWN, after]) == Comparison((), (), (), (Change(before, after),))


def test_codes_that_two_villages_exchange_are_recodings_not_renames():
    old = [village("430725101200", "甲村"), village("430725101201", "乙村")]
    new = [village("430725101200", "乙村"), village("430725101201", "甲村")]
    assert compare([TOWN, *old], [TOWN, *new]).recoded == (Change(old[0], new[1]), Change(old[1], new[0]))


def test_villages_follow_their_recoded_township():
    becomes = township("430725003", "陬市街道")
    old = [village("430725101200", "甲村"), village("430725101201", "乙村")]
    new = [village("430725003200", "甲村"), village("430725003001", "乙社区")]
    assert compare([TOWN, *old], [becomes, *new]) == Comparison(
        added=(),
        removed=(),
        renamed=(),
        recoded=(Change(TOWN, becomes), Change(old[0], new[0]), Change(old[1], new[1])),
    )


def test_everything_follows_a_county_that_became_a_city():
    old, new = (
        [
            Region(padded(code), name, Level.COUNTY, "430700000000"),
            township(f"{code}101", "陬市镇"),
            village(f"{code}101200", "甲村"),
        ]
        for code, name in (("430725", "桃源县"), ("430782", "桃源市"))
    )
    assert compare(old, new).recoded == tuple(map(Change, old, new))


def test_villages_of_a_code_given_to_another_township_are_not_mixed_up():
    """陬市镇 moves to 102, which was the farm's; the farm is gone, and its village of the same name with it."""
    old = [TOWN, FARM, village("430725101200", "甲村"), village("430725102200", "甲村")]
    new = [township("430725102", "陬市镇"), village("430725102200", "甲村")]
    assert compare(old, new) == Comparison(
        added=(),
        removed=(FARM, old[3]),
        renamed=(),
        recoded=(Change(TOWN, new[0]), Change(old[2], new[1])),
    )


def test_a_name_that_points_at_two_villages_points_at_none():
    old = [village("430725101200", "甲村"), village("430725101001", "甲社区")]
    new = [village("430725101210", "甲嘎查"), village("430725101211", "甲村委会")]
    found = compare([TOWN, *old], [TOWN, *new])
    assert (found.removed, found.added) == (tuple(old), tuple(new))


def test_the_same_name_in_another_township_is_another_village():
    here, there = village("430725101200", "高岩村"), village("430725102200", "高岩村")
    assert compare([TOWN, FARM, here], [TOWN, FARM, there]) == Comparison((there,), (here,), (), ())

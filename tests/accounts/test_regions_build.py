"""The build, tried on a package made here: no npm, no network."""

import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.regions import archive, build
from accounts.regions.archive import BadRows
from accounts.regions.places import Level
from accounts.regions.reader import county

PACKAGE = {
    "provinces": "code,name\n43,湖南省\n44,广东省\n",
    "cities": "code,name,provinceCode\n4307,常德市,43\n4419,东莞市,44\n",
    "areas": "code,name,cityCode,provinceCode\n430702,武陵区,4307,43\n430725,桃源县,4307,43\n441900,东莞市,4419,44\n",
    "streets": "code,name,areaCode,provinceCode,cityCode\n"
    "430702001,启明街道,430702,43,4307\n430725001,漳江街道,430725,43,4307\n430725101,陬市镇,430725,43,4307\n"
    '430725103,"热市镇",430725,43,4307\n441900003,东城街道,441900,44,4419\n',
    "villages": "code,name,streetCode,provinceCode,cityCode,areaCode\n"
    "430702001001,常沅社区,430702001,43,4307,430702\n"
    "430725001001,文昌阁社区,430725001,43,4307,430725\n430725001002,漳江阁社区,430725001,43,4307,430725\n"
    "430725101001,柳林社区,430725101,43,4307,430725\n430725101200,二〇三村,430725101,43,4307,430725\n"
    "430725101201,1号村,430725101,43,4307,430725\n430725101219,长shan村,430725101,43,4307,430725\n"
    "430725103200,𡐓村,430725103,43,4307,430725\n441900003001,岗贝社区居民委员会,441900003,44,4419,441900\n",
}


def tarball(**changed):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as members:
        for table, text in {**PACKAGE, **changed}.items():
            member = tarfile.TarInfo(f"package/dist/{table}.csv")
            member.size = len(text.encode())
            members.addfile(member, io.BytesIO(text.encode()))
    return buffer.getvalue()


def test_a_package_becomes_a_file_that_reads_back(tmp_path):
    out = tmp_path / "list.zip"
    counts = build.build(tarball(), out)
    assert counts == {
        Level.PROVINCE: 2,
        Level.CITY: 2,
        Level.COUNTY: 3,
        Level.TOWNSHIP: 5,
        Level.VILLAGE: 9,
    }
    taoyuan = county("430725", out)
    assert [(region.code, region.name) for region in taoyuan.townships] == [
        ("430725001000", "漳江街道"),
        ("430725101000", "陬市镇"),
        ("430725103000", "热市镇"),
    ]
    assert [(region.code, region.name, region.parent_code) for region in taoyuan.villages] == [
        ("430725001001", "文昌阁社区", "430725001000"),
        ("430725001002", "漳江阁社区", "430725001000"),
        ("430725101001", "柳林社区", "430725101000"),
        ("430725101200", "二〇三村", "430725101000"),
        ("430725101201", "1号村", "430725101000"),
        ("430725101219", "长shan村", "430725101000"),
        ("430725103200", "𡐓村", "430725103000"),
    ]
    assert [region.name for region in county("441900", out).villages] == ["岗贝社区居民委员会"]
    assert [path.name for path in tmp_path.iterdir()] == ["list.zip"]


def test_the_same_package_gives_the_same_bytes(tmp_path):
    build.build(tarball(), tmp_path / "one.zip")
    build.build(tarball(), tmp_path / "other.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "other.zip").read_bytes()


@pytest.mark.parametrize(
    ("table", "old", "new", "complaint"),
    [
        ("villages", "430725103200,", "430725104200,", "430725104200 does not lie in 430725103"),
        ("villages", "430725101201,1", "430725101200,1", "430725101200 does not come after 430725101200"),
        ("streets", "430725101,", "43072510,", "43072510 is no township code"),
        ("areas", "430725,桃源县,4307", "430825,桃源县,4308", "430825 lies in 4308, which does not exist"),
        ("streets", "陬市镇", "=陬市镇", "430725101 has a name that cannot be stored: '=陬市镇'"),
        ("streets", "陬市镇", "", "430725101 has a name that cannot be stored: ''"),
    ],
)
def test_a_package_that_is_no_tree_is_refused_and_the_old_file_kept(tmp_path, table, old, new, complaint):
    out = tmp_path / "list.zip"
    out.write_bytes(b"old")
    with pytest.raises(BadRows) as refusal:
        build.build(tarball(**{table: PACKAGE[table].replace(old, new)}), out)
    assert str(refusal.value) == complaint
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"list.zip": b"old"}


def test_a_package_with_another_hash_is_refused(tmp_path, capsys):
    package, out = tmp_path / "package.tgz", tmp_path / "list.zip"
    package.write_bytes(tarball())
    assert build.main(["--tarball", str(package), "--out", str(out)]) == 1
    assert capsys.readouterr().err.startswith("the package's sha512 is ")
    assert not out.exists()


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=8).filter(
    lambda name: not archive.RESERVED.search(name)
)
NUMBERS = st.integers(0, 999)


@given(st.dictionaries(NUMBERS, st.tuples(NAMES, st.dictionaries(NUMBERS, NAMES, max_size=4)), max_size=4))
def test_any_county_reads_back_as_it_was_written(tree):
    townships = [(f"430725{number:03}", name) for number, (name, _) in sorted(tree.items())]
    villages = [
        (f"430725{number:03}{own:03}", name)
        for number, (_, below) in sorted(tree.items())
        for own, name in sorted(below.items())
    ]
    rows = {
        Level.PROVINCE: [("43", "湖南省")],
        Level.CITY: [("4307", "常德市")],
        Level.COUNTY: [("430724", "临澧县"), ("430725", "桃源县"), ("430726", "石门县")],
        Level.TOWNSHIP: townships,
        Level.VILLAGE: villages,
    }
    archive.check(rows)
    ((_, text),) = archive.province_texts(rows)
    assert archive.parse_county(text, "430725") == (townships, villages)
    assert archive.parse_county(text, "430724") == archive.parse_county(text, "430726") == ([], [])

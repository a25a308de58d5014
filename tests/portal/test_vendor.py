from portal import vendoring


def test_vendored_files_are_those_of_the_lock():
    assert list(vendoring.differences(vendoring.read_lock())) == []


def test_every_vendored_package_carries_its_licence_and_no_source_map():
    for package in vendoring.read_lock():
        names = {path.name for path in package.folder.iterdir()}
        assert "LICENSE" in names, package.name
        assert not [
            path.name for path in package.folder.iterdir() if b"sourceMappingURL" in path.read_bytes()
        ], package.name


def test_a_changed_a_missing_and_a_foreign_file_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr(vendoring, "STATIC", tmp_path)
    monkeypatch.setattr(vendoring, "VENDOR", tmp_path / "vendor")
    package = vendoring.Package(
        "demo", "1.0", "", {"a.js": {"as": "a.js", "sha512": "00"}, "b.js": {"as": "b.js", "sha512": "00"}}
    )
    package.folder.mkdir(parents=True)
    (package.folder / "a.js").write_bytes(b"changed")
    (package.folder / "c.js").write_bytes(b"foreign")
    assert list(vendoring.differences([package])) == [
        "vendor/demo/1.0/c.js is not in the lock",
        "vendor/demo/1.0/a.js has been changed",
        "vendor/demo/1.0/b.js is missing",
    ]


def test_source_map_notes_are_stripped_from_scripts_and_styles():
    assert vendoring.strip_source_map(b"a()\n//# sourceMappingURL=a.js.map\n") == b"a()\n"
    assert vendoring.strip_source_map(b"a{}\n/*# sourceMappingURL=a.css.map */") == b"a{}\n"
    assert vendoring.strip_source_map(b"a{}\n") == b"a{}\n"

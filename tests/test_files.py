"""Files are whole or absent."""

import hashlib
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from seedtrial import files
from seedtrial.errors import SeedtrialError


def test_an_atomic_write_replaces_the_file_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    files.write_atomic(path, "old")
    files.write_atomic(path, "nøw".encode())
    assert path.read_text(encoding="utf-8") == "nøw"
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]


def test_a_failed_write_keeps_the_old_file_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    files.write_atomic(path, "old")
    with pytest.raises(TypeError):
        files.write_atomic(path, 3)  # type: ignore[arg-type]
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]


def test_a_write_that_cannot_replace_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "a.txt").mkdir()
    with pytest.raises(OSError):
        files.write_atomic(tmp_path / "a.txt", "new")
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]


def test_written_files_have_the_permissions_of_any_other_file(tmp_path: Path) -> None:
    files.write_atomic(tmp_path / "a", "x")
    (tmp_path / "b").write_text("x")
    modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in "ab"}
    assert len(modes) == 1


def test_a_pipe_or_a_device_is_written_to_and_stays_one(tmp_path: Path) -> None:
    """As root, a rename onto /dev/null would take it from the whole machine."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    files.write_atomic(pipe, "whole")
    assert os.read(reader, 100) == b"whole" and stat.S_ISFIFO(pipe.stat().st_mode)
    os.close(reader)


def test_what_killed_processes_left_is_removed_when_it_is_old(tmp_path: Path) -> None:
    old, new, other = (tmp_path / name for name in (".a.txt.12345678", ".a.txt.23456789", ".a.txt.backup.old"))
    for path in (old, new, other):
        path.touch()
    for path in (old, other):
        os.utime(path, (0, 0))
    files.check_output(tmp_path / "a.txt", "--out", ".txt")
    assert sorted(file.name for file in tmp_path.iterdir()) == [new.name, other.name]


def test_a_file_of_another_kind_is_not_overwritten_by_a_page(tmp_path: Path) -> None:
    for name in ("page.html", "PAGE.HTM", "page", "deep/page.html"):
        assert files.check_output(tmp_path / name, "--page", ".html", ".htm", "") == tmp_path / name
    with pytest.raises(SeedtrialError, match=r"--page takes a file that ends in \.html or \.htm, not study\.py\."):
        files.check_output(tmp_path / "study.py", "--page", ".html", ".htm", "")
    with pytest.raises(SeedtrialError, match="it is a folder; --page takes a file"):
        files.check_output(tmp_path, "--page", ".html")


def test_json_comes_back_as_it_was_written(tmp_path: Path) -> None:
    value = {"name": "Bøtticher <&>", "scores": [0.1, 1e-300, None], "deep": {"x": True}}
    files.write_json(tmp_path / "a.json", value)
    assert files.read_json(tmp_path / "a.json") == value


def test_a_file_that_is_not_json_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"half":')
    with pytest.raises(SeedtrialError, match=r"a\.json is not valid JSON"):
        files.read_json(tmp_path / "a.json")


def test_lines_are_appended_and_read_in_order(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    assert files.read_json_lines(path) == []
    for number in range(3):
        files.append_json_line(path, {"epoch": number, "text": "one\ntwo"})
    assert files.read_json_lines(path) == [{"epoch": number, "text": "one\ntwo"} for number in range(3)]


def test_a_last_line_cut_short_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"epoch":1}\n{"epoch":2}\n{"epo')
    assert files.read_json_lines(path) == [{"epoch": 1}, {"epoch": 2}]


def test_what_is_appended_after_a_line_cut_short_is_not_lost(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"opened":1}\n{"ope')
    files.append_json_line(path, {"opened": 2})
    assert {"opened": 2} in files.read_json_lines(path)


def test_a_damaged_line_in_the_middle_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"epoch":1}\n{"epo\n{"epoch":3}\n')
    with pytest.raises(SeedtrialError, match=r"a\.jsonl is damaged"):
        files.read_json_lines(path)


def test_a_line_ends_only_at_its_newline(tmp_path: Path) -> None:
    """U+2028 is a line separator for str.splitlines, but an ordinary character in JSON."""
    path = tmp_path / "a.jsonl"
    files.append_json_line(path, {"label": "a\u2028b"})
    assert files.read_json_lines(path) == [{"label": "a\u2028b"}]


def test_lines_of_several_writers_do_not_mix(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: files.append_json_line(path, {"n": number, "pad": "x" * 500}), range(40)))
    assert sorted(line["n"] for line in files.read_json_lines(path)) == list(range(40))


def test_sha256_is_that_of_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\x00bytes" * 100_000)
    assert files.sha256(tmp_path / "a") == hashlib.sha256(b"\x00bytes" * 100_000).hexdigest()


def test_make_folder_makes_those_above_and_leaves_it_empty(tmp_path: Path) -> None:
    assert files.make_folder(tmp_path / "a" / "b") == tmp_path / "a" / "b"
    assert list((tmp_path / "a" / "b").iterdir()) == []
    files.make_folder(tmp_path / "a" / "b")


def test_a_folder_where_a_file_is_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    with pytest.raises(SeedtrialError, match=r"Cannot write to .*a/b: Not a directory; choose another folder"):
        files.make_folder(tmp_path / "a" / "b")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_write_permission_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(SeedtrialError, match=r"Cannot write to .*: Permission denied\."):
        files.make_folder(tmp_path)


def test_a_folder_where_a_file_of_lines_or_json_belongs_is_one_sentence(tmp_path: Path) -> None:
    for read in (files.read_json_lines, files.read_json):
        with pytest.raises(SeedtrialError, match="Cannot read"):
            read(tmp_path)

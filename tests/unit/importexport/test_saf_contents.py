"""Lines of `contents` mean what DSpace makes of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importexport.saf.contents import parse_contents
from importexport.saf.plan import BadItem, FilePlan, Permission


def test_a_bare_name_goes_to_original_and_a_licence_to_license() -> None:
    assert parse_contents("paper.pdf\nlicense.txt\r\n\n  \n") == [
        FilePlan("paper.pdf", "paper.pdf", "ORIGINAL"),
        FilePlan("license.txt", "license.txt", "LICENSE"),
    ]


def test_options_come_in_any_order_and_are_trimmed() -> None:
    line = "a b.pdf\tdescription: Full text: second edition \tprimary:true \tpermissions:-r 'MIT Users'\tbundle:TEXT"
    assert parse_contents(line) == [
        FilePlan("a b.pdf", "a b.pdf", "TEXT", "Full text: second edition", True, Permission("READ", "MIT Users"))
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-r 'Staff'", Permission("READ", "Staff")),
        (" -w Staff", Permission("WRITE", "Staff")),
        ("-R 'O Group'", Permission("READ", "O Group")),
        ("-r two words", Permission("READ", "two words")),
    ],
)
def test_permissions_name_an_action_and_a_group(text: str, expected: Permission) -> None:
    assert parse_contents(f"f\tpermissions:{text}")[0].permission == expected


def test_what_cannot_be_meant_is_named_with_its_line() -> None:
    with pytest.raises(BadItem, match=r"^contents, line 4: permissions:x is not"):
        parse_contents("a\r\n\nb\nc\tpermissions:x\nd\tpermissions:y")
    with pytest.raises(BadItem, match=r"^contents, line 1: it has no file name: '\\tbundle:TEXT'"):
        parse_contents("\tbundle:TEXT")


@pytest.mark.parametrize("text", ["", "-x 'Staff'", "-r ''", "-r", "Staff"])
def test_permissions_that_cannot_be_meant_make_the_item_bad(text: str) -> None:
    with pytest.raises(BadItem, match="permissions"):
        parse_contents(f"f\tpermissions:{text}")


def test_a_registered_file_keeps_store_and_path_and_is_named_by_its_last_step() -> None:
    line = "-r -s 1 -f photos/roll 7/img 03.jpg\tbundle:ORIGINAL\tdescription:Roll"
    assert parse_contents(line) == [FilePlan("img 03.jpg", "photos/roll 7/img 03.jpg", "ORIGINAL", "Roll", store=1)]


@pytest.mark.parametrize("line", ["-r -s x -f a", "-r -s 1", "-r -f a", "-r something.pdf"])
def test_a_registered_file_without_store_or_path_makes_the_item_bad(line: str) -> None:
    with pytest.raises(BadItem, match="STORE"):
        parse_contents(line)


def test_name_restores_what_the_folder_could_not_hold() -> None:
    assert parse_contents("1_handle\tbundle:ORIGINAL\tname:handle")[0] == FilePlan("handle", "1_handle", "ORIGINAL")


@given(st.text())
def test_any_text_gives_files_or_a_reason(text: str) -> None:
    try:
        files = parse_contents(text)
    except BadItem:
        return
    assert all(f.name and f.path and f.bundle for f in files)

"""The workbooks that people fill in."""

from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
import pyarrow as pa
import pytest
from typer.testing import CliRunner

from extractors.core.errors import FileRefused
from extractors.core.exports import file_kinds, parse_file
from extractors.core.registry import find_stream
from extractors.core.workbook import HEADER_ROW, write_template
from tidemark.cli.template import UnknownTemplate, app

NOW = datetime(2026, 4, 18, 2, 0, tzinfo=UTC)
TEMPLATES = [stream.name for _, stream, fmt in file_kinds() if fmt.is_template]


@pytest.mark.parametrize("name", TEMPLATES)
def test_guide_explains_every_column(tmp_path: Path, name: str) -> None:
    stream = find_stream("sheet", name)
    book = openpyxl.load_workbook(write_template(stream, tmp_path / "a.xlsx"))

    explained = {row[0]: row for row in book["说明"].iter_rows(values_only=True) if row[6]}

    assert stream.file is not None
    assert stream.file.columns
    for column in stream.file.columns:
        assert explained[column.header][1], f"{name}: {column.header} has no meaning"
        assert explained[column.header][2], f"{name}: {column.header} has no unit"
        assert explained[column.header][6] == column.field


@pytest.mark.parametrize("name", TEMPLATES)
def test_numbers_and_days_are_checked_while_typing(tmp_path: Path, name: str) -> None:
    stream = find_stream("sheet", name)
    book = openpyxl.load_workbook(write_template(stream, tmp_path / "a.xlsx"))

    checks = {
        check.errorTitle: check.type for check in book["数据"].data_validations.dataValidation
    }
    types = {field.name: field.type for field in stream.fields}
    expected = {c.header: _check_of(types[c.field], c.choices) for c in stream.file.columns}
    assert {header for header, kind in expected.items() if kind}
    assert checks == {header: kind for header, kind in expected.items() if kind}


def _check_of(kind: pa.DataType, choices: tuple[str, ...]) -> str | None:
    if choices:
        return "list"
    if pa.types.is_string(kind):
        return None
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return "date"
    return "whole" if pa.types.is_integer(kind) else "decimal"


@pytest.mark.parametrize("name", TEMPLATES)
def test_untouched_example_is_left_out(tmp_path: Path, name: str) -> None:
    path = _with_covered_days(write_template(find_stream("sheet", name), tmp_path / "a.xlsx"))

    parsed = parse_file("a.xlsx", path.read_bytes(), NOW)

    assert parsed.stream.name == name
    assert parsed.rows == ()
    assert parsed.examples_skipped == 1


def test_overwritten_example_is_not_lost_silently(tmp_path: Path) -> None:
    path = _with_covered_days(
        write_template(find_stream("sheet", "account_days"), tmp_path / "a.xlsx")
    )
    book = openpyxl.load_workbook(path)
    book["数据"].cell(HEADER_ROW + 1, 2, 99)
    book.save(path)

    with pytest.raises(FileRefused, match="row 7, column Q: the example was overwritten"):
        parse_file("a.xlsx", path.read_bytes(), NOW)


def test_fresh_template_says_what_to_fill_in_first(tmp_path: Path) -> None:
    path = write_template(find_stream("sheet", "account_days"), tmp_path / "a.xlsx")

    with pytest.raises(FileRefused, match="no day beside 数据起"):
        parse_file("a.xlsx", path.read_bytes(), NOW)


def test_command_writes_the_named_template(tmp_path: Path) -> None:
    ran = CliRunner().invoke(app, ["live_sessions", "--out", str(tmp_path / "b.xlsx")])

    assert ran.exit_code == 0
    assert openpyxl.load_workbook(tmp_path / "b.xlsx").sheetnames == ["数据", "说明"]


def test_command_names_the_templates_there_are() -> None:
    listed = CliRunner().invoke(app, [])
    wrong = CliRunner().invoke(app, ["live_session"])

    assert "account_days  账号日数据" in listed.output
    assert isinstance(wrong.exception, UnknownTemplate)
    assert "live_sessions" in str(wrong.exception)


def _with_covered_days(path: Path) -> Path:
    book = openpyxl.load_workbook(path)
    book["数据"]["B3"], book["数据"]["B4"] = date(2026, 3, 1), date(2026, 3, 31)
    book.save(path)
    return path

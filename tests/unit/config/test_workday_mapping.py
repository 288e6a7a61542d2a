"""The Workday mapping file: what a tenant must name."""

from pathlib import Path

import pytest

from config.files import FileError
from config.workday_mapping import load_workday_mapping

TABLES = "[payment_terms]\n[payment_types]\n[defaults]\nrevenue_category = 'Subscription'\n"


def test_the_shipped_mapping_names_a_customer_category() -> None:
    assert load_workday_mapping().defaults.customer_category == "Self_Serve"


@pytest.mark.parametrize("line", ["", "customer_category = ''\n"])
def test_a_mapping_without_a_customer_category_is_refused(tmp_path: Path, line: str) -> None:
    file = tmp_path / "workday.toml"
    file.write_text(TABLES + line)

    with pytest.raises(FileError, match=r"workday\.toml: defaults\.customer_category"):
        load_workday_mapping(file)


def test_a_mapping_with_a_customer_category_is_read(tmp_path: Path) -> None:
    file = tmp_path / "workday.toml"
    file.write_text(TABLES + "customer_category = 'B2B'\n")

    assert load_workday_mapping(file).defaults.customer_category == "B2B"

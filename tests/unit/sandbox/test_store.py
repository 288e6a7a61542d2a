from pathlib import Path

import pytest

from sandbox.store import Store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "sandbox.db"


def test_a_document_that_was_read_can_be_changed_without_changing_the_store() -> None:
    store = Store(None)
    store.put("crm", "account", "a", {"tags": ["x"]})
    found = store.get("crm", "account", "a")
    assert found is not None
    found["tags"].append("y")
    assert store.get("crm", "account", "a") == {"tags": ["x"]}


def test_a_replaced_document_keeps_its_place(path: Path) -> None:
    store = Store(path)
    for key in ("a", "b", "a"):
        store.put("crm", "account", key, {"key": key})
    assert store.keys("crm", "account") == ["a", "b"]
    store.close()
    assert Store(path).keys("crm", "account") == ["a", "b"]


def test_documents_and_numbers_survive_without_a_clean_close(path: Path) -> None:
    first = Store(path)
    first.put("crm", "account", "a", {"n": 1})
    first.put("crm", "account", "b", {"n": 2})
    first.delete("crm", "account", "a")
    assert [first.next_number("crm", "order") for _ in range(2)] == [1, 2]
    second = Store(path)
    assert second.all("crm", "account") == [{"n": 2}]
    assert second.next_number("crm", "order") == 3


def test_systems_and_kinds_do_not_see_each_other() -> None:
    store = Store(None)
    store.put("crm", "account", "a", {"n": 1})
    store.put("erp", "account", "a", {"n": 2})
    store.put("crm", "task", "a", {"n": 3})
    assert store.all("crm", "account") == [{"n": 1}]
    assert store.counts("crm") == {"account": 1, "task": 1}


def test_the_newest_come_first_and_no_more_than_asked() -> None:
    store = Store(None)
    for number in range(5):
        store.put("crm", "account", str(number), {"n": number})
    assert store.newest("crm", "account", 2) == [{"n": 4}, {"n": 3}]


def test_a_batch_reaches_the_file_as_one_transaction(path: Path) -> None:
    store = Store(path)
    with store.batch():
        store.put("crm", "account", "a", {"n": 1})
        assert Store(path).all("crm", "account") == []
        store.put("crm", "account", "b", {"n": 2})
    assert Store(path).keys("crm", "account") == ["a", "b"]

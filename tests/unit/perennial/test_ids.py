"""The shape of ids."""

import pytest

from perennial import ids


@pytest.mark.parametrize("value", ["A", "a-1", "A.1_b", "0" * 64])
def test_this_can_be_a_business_id(value: str):
    assert ids.is_business_id(value)


@pytest.mark.parametrize("value", ["", "-a", ".a", "a/b", "a b", "a\n", "ä", "0" * 65])
def test_this_cannot_be_a_business_id(value: str):
    assert not ids.is_business_id(value)


@pytest.mark.parametrize("value", ["sub-A-1", "sub-A-1-0001", "0" * 100])
def test_this_can_be_the_id_of_an_entity(value: str):
    assert ids.is_entity_id(value)


@pytest.mark.parametrize("value", ["", "../x", "sub-1?x=1", "0" * 101])
def test_this_cannot_be_the_id_of_an_entity(value: str):
    assert not ids.is_entity_id(value)

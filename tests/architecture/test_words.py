"""One word per thing: words that were retired do not come back."""

import pytest

from tests.architecture.tree import Source
from tests.architecture.words import all_retired, retired_in_page, retired_names, retired_prose


def test_no_retired_word_is_used():
    assert list(all_retired()) == []


@pytest.mark.parametrize(
    "text",
    [
        "payable_id = 1\n",
        "class SendLetter: ...\n",
        "def _tell_invoice(): ...\n",
        "is_behind_told = True\n",
        "class WorkflowGate: ...\n",
        "from starters import doors\n",
        "_SLOWEST_BEAT = 1\n",
    ],
)
def test_a_retired_word_in_a_name_is_found(text: str):
    assert len(list(retired_names(Source(name="planted.py", text=text)))) == 1


@pytest.mark.parametrize(
    "text", ["tax_payable = 1\n", "heartbeat = 1\n", "gateway = 1\n", "email_id = 1\n"]
)
def test_other_words_may_be_used_in_names(text: str):
    assert list(retired_names(Source(name="planted.py", text=text))) == []


@pytest.mark.parametrize(
    "text", ["The payable is open.", "the front door", "Whoever calls", "nobody waits"]
)
def test_a_retired_word_in_a_sentence_is_found(text: str):
    assert len(list(retired_prose("planted.md", text))) == 1


@pytest.mark.parametrize("text", ["a tax payable", "besides", "outdoors", "letters and digits"])
def test_other_words_may_be_used_in_sentences(text: str):
    assert list(retired_prose("planted.md", text)) == []


@pytest.mark.parametrize("text", ["a letter is sent", "the beat is slow", "sent by mail"])
def test_a_retired_word_in_a_page_is_found(text: str):
    assert len(list(retired_in_page("docs/planted.md", text))) == 1


def test_code_in_a_page_is_not_prose():
    assert list(retired_in_page("docs/planted.md", "the field `mail` of [LDAP](mail.md)")) == []

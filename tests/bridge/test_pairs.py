"""The interactions of a cassette, as vcrpy looks at them and as a replay does."""

from __future__ import annotations

import llmvcr
from llmvcr.bridge.pairs import Pairs
from llmvcr.bridge.translate import filters, to_pair, uncopied
from llmvcr.interaction import Interaction, Request, Response

_ASKED = Request("POST", "https://api.openai.com/v1/chat/completions", (("content-type", "application/json"),), b"{}")
_ONE = Interaction(_ASKED, Response(200, "OK", (("content-type", "text/plain"),), (b"one",)))


def _pairs() -> Pairs:
    pairs = Pairs()
    pairs.keep(_ONE)
    return pairs


def test_what_was_kept_is_at_hand_as_it_was() -> None:
    """A replay gets the very values that were read."""
    pairs = _pairs()
    assert pairs.request(0) is _ONE.request
    assert pairs.answer(0, path="p") is _ONE.response


def test_a_pair_that_somebody_took_out_counts() -> None:
    """Whoever changes what vcrpy holds changes what is played; the pair is the same one each time."""
    pairs = _pairs()
    pairs[0][1]["body"]["string"] = b"two"
    assert pairs[0] is pairs[0]
    assert pairs.answer(0, path="p").body == b"two"
    assert pairs.request(0) == _ONE.request


def test_it_behaves_as_the_list_that_it_stands_for() -> None:
    """Length, slices, iteration, and what vcrpy appends."""
    pairs = _pairs()
    added = to_pair(_ONE)
    pairs.append(added)
    assert len(pairs) == 2
    assert pairs[1:] == [added]
    assert [response["body"] for _, response in pairs] == [{"string": b"one"}] * 2
    del pairs[0]
    assert pairs == [added]


def test_a_filter_gets_a_request_of_its_own() -> None:
    """Without filters none is made; what a filter changes does not reach the request that the tap has."""
    plain = llmvcr.VCR().get_merged_config()["before_record_request"]
    assert filters(plain) == []
    assert uncopied(plain)(_ASKED) is _ASKED
    filtering = llmvcr.VCR(filter_headers=["content-type"]).get_merged_config()["before_record_request"]
    assert not uncopied(filtering)(_ASKED).headers
    assert _ASKED.headers
    assert filters(lambda request: request) is None
    assert uncopied(lambda request: request)(_ASKED).uri == _ASKED.url

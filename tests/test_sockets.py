"""Frames of WebSocket connections in files, and recorded connections played by what a client sends, without I/O."""

from __future__ import annotations

import json
from typing import Any

import pytest

from llmvcr.diff import Change
from llmvcr.errors import ReadError
from llmvcr.interaction import Interaction, Request, Response
from llmvcr.sockets import (
    BREAK,
    Close,
    Due,
    Event,
    Frame,
    Mismatch,
    Player,
    Recorded,
    Recordings,
    from_json,
    to_json,
    unheard,
)

URL = "wss://api.openai.com/v1/realtime?model=gpt-realtime"
PLAIN = "wss://chat.example.com/socket"

EVENTS: tuple[Event, ...] = (
    Frame('{"type": "session.created"}', 3.1, sent=False),
    Frame("Grüße", 4.0, (2, 5), sent=True),
    Frame(b"\x00\xff", 5.5, sent=True),
    Close(1011, "gone", 7.0, sent=False),
    Close(None, "", 7.2, sent=True),
)


def asked(**event: Any) -> Frame:
    """Make a message of a client's."""
    return Frame(json.dumps(event), sent=True)


def said(**event: Any) -> Frame:
    """Make a message of a server's."""
    return Frame(json.dumps(event), sent=False)


def played(*connections: tuple[Event, ...], url: str = URL, repeats: bool = False) -> Recordings:
    """Make recordings of one handshake."""
    return Recordings(url, [Recorded(n, one) for n, one in enumerate(connections)], repeats=repeats)


def opened(recordings: Recordings) -> Player:
    """Open a connection that is there."""
    player = recordings.open()
    assert player is not None
    return player


def events(turn: tuple[Due, ...]) -> list[object]:
    """Give what the server does, without the times."""
    return [due.event for due in turn]


def test_frames_are_one_object_each() -> None:
    """A frame is one small object, whose key says who sent it, and reads back the same."""
    written = to_json(EVENTS)
    assert written == [
        {"received": '{"type": "session.created"}', "ms": 3.1},
        {"sent": "Grüße", "ms": 4.0, "fragments": [2, 5]},
        {"sent": {"base64": "AP8="}, "ms": 5.5},
        {"received": {"close": 1011, "reason": "gone"}, "ms": 7.0},
        {"sent": {"close": None}, "ms": 7.2},
    ]
    assert from_json(json.loads(json.dumps(written)), path="f") == EVENTS


@pytest.mark.parametrize(
    ("frames", "message"),
    [
        ("x", "f, interaction 2, response.llmvcr.frames: is not a list of frames"),
        ([{"sent": "a"}, 3], "f, interaction 2, response.llmvcr.frames[1]: is not an object"),
        ([{"ms": 1}], "f, interaction 2, response.llmvcr.frames[0]: says neither sent nor received"),
        ([{"sent": "", "received": ""}], "f, interaction 2, response.llmvcr.frames[0]: says both sent and received"),
        ([{"sent": 1}], "f, interaction 2, response.llmvcr.frames[0].sent: is neither text, nor bytes in base64"),
        ([{"received": {"base64": "?"}}], "f, interaction 2, response.llmvcr.frames[0].received.base64: is no base64"),
        ([{"sent": "", "ms": "1"}], "f, interaction 2, response.llmvcr.frames[0].ms: is not a number of milliseconds"),
        ([{"sent": {"close": 99}}], "f, interaction 2, response.llmvcr.frames[0].sent.close: is not a close code"),
        ([{"sent": {"close": 1000, "reason": 1}}], "f, interaction 2, response.llmvcr.frames[0].sent.reason: is no"),
        ([{"sent": "", "fragments": [-1]}], "f, interaction 2, response.llmvcr.frames[0].fragments: is not a list of"),
    ],
)
def test_bad_frames_are_named_by_place(frames: Any, message: str) -> None:
    """What is no frame is refused with the file, the interaction and the place in it."""
    with pytest.raises(ReadError) as caught:
        from_json(frames, path="f", interaction=2)
    assert str(caught.value).startswith(message)


def test_an_edited_message_loses_its_fragments() -> None:
    """Lengths that do not add up to the message are those of another text: the text counts."""
    assert from_json([{"sent": "abc", "fragments": [1, 1]}], path="f") == (Frame("abc", sent=True),)


def test_a_connection_without_frames_is_unheard() -> None:
    """A WebSocket connection that opened and has no frames is another tool's; a refused handshake needs none."""
    asking = Request("GET", URL)
    assert unheard(Interaction(asking, Response(101)))
    assert unheard(Interaction(asking, Response(200)))
    assert not unheard(Interaction(asking, Response(101), notes={"frames": []}))
    assert not unheard(Interaction(asking, Response(401), recorded_at="2026-11-22T09:00:00Z"))
    assert not unheard(Interaction(Request("GET", "https://api.openai.com/v1/models"), Response(200)))


def test_the_server_speaks_in_turn() -> None:
    """What came before the client's first message comes at once, the rest after the message that it followed."""
    hello, one, two, bye = said(type="session.created"), said(n=1), said(n=2), Close(1000, sent=False)
    player = opened(played((hello, asked(type="a"), one, asked(type="b"), two, bye)))
    assert events(player.begin()) == [hello]
    assert events(player.sent('{"type":"a"}')) == [one]
    assert events(player.sent('{"type" : "b"}')) == [two, bye]


def test_times_count_from_what_was_answered() -> None:
    """A frame is due as long after the client's message as it was recorded; the first ones after the handshake."""
    recording = (
        Frame("hi", 10.0, sent=False),
        Frame("a", 1000.0, sent=True),
        Frame("b", 1250.0, sent=False),
        Close(1000, "", 1300.0, sent=False),
    )
    player = opened(played(recording, url=PLAIN))
    assert [due.after for due in player.begin()] == [10.0]
    assert [due.after for due in player.sent("a")] == [250.0, 300.0]


def test_the_clients_close_ends_the_recording() -> None:
    """What the server says to a close of the client's it says by itself, and not before the client closes."""
    player = opened(played((asked(type="a"), said(n=1), Close(1000, sent=True), Close(1000, sent=False))))
    assert events(player.sent('{"type": "a"}')) == [said(n=1)]


def test_a_broken_connection_breaks_again() -> None:
    """A connection that was lost without a close is lost after its last frame; one that the client left is not."""
    conversation = (asked(type="a"), said(n=1))
    lost = Recordings(URL, [Recorded(0, conversation, "ConnectionClosedError")])
    assert events(opened(lost).sent('{"type": "a"}')) == [said(n=1), BREAK]
    left = Recordings(URL, [Recorded(0, conversation, "closed")])
    assert events(opened(left).sent('{"type": "a"}')) == [said(n=1)]


def test_ids_drawn_anew_match_and_come_back() -> None:
    """Ids that a client draws are compared by where they recur, and the server's frames have the client's own."""
    create = asked(
        type="conversation.item.create", event_id="event_old1", item={"id": "item_Ab1Cd2Ef3Gh4", "type": "message"}
    )
    added = said(type="conversation.item.added", item={"id": "item_Ab1Cd2Ef3Gh4"}, previous_item_id=None)
    delete = asked(type="conversation.item.delete", item_id="item_Ab1Cd2Ef3Gh4")
    deleted = said(type="conversation.item.deleted", item_id="item_Ab1Cd2Ef3Gh4", event_id="event_of_server")
    player = opened(played((create, added, delete, deleted)))
    new = {"type": "conversation.item.create", "event_id": "e-7", "item": {"type": "message", "id": "mine"}}
    assert events(player.sent(json.dumps(new))) == [
        said(type="conversation.item.added", item={"id": "mine"}, previous_item_id=None)
    ]
    answer = player.sent('{"type": "conversation.item.delete", "item_id": "mine"}')
    assert events(answer) == [said(type="conversation.item.deleted", item_id="mine", event_id="event_of_server")]


def test_an_id_in_another_place_is_another_message() -> None:
    """A message that names another item than the recorded one did is a mismatch, though each id was drawn anew."""
    items = [asked(type="conversation.item.create", item={"id": f"item_{n}"}) for n in "ab"]
    player = opened(played((*items, asked(type="conversation.item.delete", item_id="item_a"))))
    for name in ("x", "y"):
        player.sent(json.dumps({"type": "conversation.item.create", "item": {"id": name}}))
    with pytest.raises(Mismatch) as caught:
        player.sent('{"type": "conversation.item.delete", "item_id": "y"}')
    assert caught.value.changes == (Change("id", "x", "y"),)


def test_a_drawn_id_is_known_in_a_text() -> None:
    """An id of an earlier message that is quoted in a later one's text is renamed there, too."""
    old, new = "item_Ab1Cd2Ef3Gh4", "item_Zy9Xw8Vu7Ts6"

    def conversation(one: str) -> list[Frame]:
        return [
            asked(type="conversation.item.create", item={"id": one}),
            asked(type="conversation.item.create", previous_item_id=one, item={"id": "", "text": f"see {one}"}),
        ]

    player = opened(played(tuple(conversation(old))))
    for frame in conversation(new):
        player.sent(frame.data)


def test_audio_is_compared_by_its_bytes() -> None:
    """Either alphabet of base64 spells the same sound; another sound is another message."""
    sound = asked(type="input_audio_buffer.append", audio="+/+/AA==")
    assert events(opened(played((sound, said(n=1)))).sent('{"type":"input_audio_buffer.append","audio":"-_-_AA"}')) == [
        said(n=1)
    ]
    with pytest.raises(Mismatch):
        opened(played((sound,))).sent('{"type":"input_audio_buffer.append","audio":"AAAA"}')


AZURE = "wss://made-up.openai.azure.com/openai/realtime?api-version=2026-01-01&deployment=gpt-realtime"
RESPONSES = "wss://api.openai.com/v1/responses"


@pytest.mark.parametrize(
    ("url", "recorded", "received"),
    [
        (URL, {"type": "session.update", "session": {"tracing": None}}, {"type": "session.update", "session": {}}),
        (URL, {"type": "response.create", "response": {"metadata": None}}, {"type": "response.create", "response": {}}),
        (
            URL,
            {"type": "response.cancel", "response_id": "resp_1"},
            {"type": "response.cancel", "response_id": "resp_2"},
        ),
        (AZURE, {"type": "response.create", "event_id": "event_1"}, {"type": "response.create", "event_id": "event_2"}),
        (
            RESPONSES,
            {"type": "response.create", "input": "a"},
            {"type": "response.create", "input": "a", "store": None},
        ),
    ],
)
def test_the_same_message(url: str, recorded: Any, received: Any) -> None:
    """Nulls that ask for the default, and ids, may differ."""
    opened(played((Frame(json.dumps(recorded), sent=True),), url=url)).sent(json.dumps(received))


@pytest.mark.parametrize(
    ("recorded", "received"),
    [
        # A null turns detection off; leaving it out leaves it on.
        ({"audio": {"input": {"turn_detection": None}}}, {"audio": {"input": {}}}),
        ({"instructions": "Be brief."}, {"instructions": "Be brief!"}),
        ({"output_modalities": ["text"]}, {"output_modalities": ["audio"]}),
    ],
)
def test_another_session(recorded: Any, received: Any) -> None:
    """What a session is told is compared."""
    player = opened(played((asked(type="session.update", session=recorded),)))
    with pytest.raises(Mismatch):
        player.sent(json.dumps({"type": "session.update", "session": received}))


def test_an_item_after_another_or_at_the_root() -> None:
    """Where an item is put is compared: at the root is not behind some other item."""
    player = opened(played((asked(type="conversation.item.create", previous_item_id="root", item={}),)))
    with pytest.raises(Mismatch):
        player.sent('{"type": "conversation.item.create", "previous_item_id": "item_1", "item": {}}')


def test_connections_are_told_apart_by_what_is_sent() -> None:
    """Of several recordings of one handshake each connection plays the first that fits, and each is played once."""
    recordings = played(
        *((said(session=n), asked(type="session.update", n=n), said(answer=n)) for n in range(3)),
    )
    first, second = opened(recordings), opened(recordings)
    assert events(first.begin()) == [said(session=0)]
    assert events(second.begin()) == [said(session=1)]
    assert events(first.sent('{"type": "session.update", "n": 1}')) == [said(answer=1)]
    assert events(second.sent('{"type": "session.update", "n": 0}')) == [said(answer=0)]
    third = opened(recordings)
    assert events(third.begin()) == [said(session=2)]
    assert recordings.open() is None


def test_one_that_only_listened_has_played() -> None:
    """A connection whose client left without a word has played its recording."""
    recordings = played((said(n=0),), (said(n=1), asked(type="a")))
    first = opened(recordings)
    first.begin()
    first.left()
    assert events(opened(recordings).begin()) == [said(n=1)]
    assert recordings.open() is None


def test_a_later_message_may_tell() -> None:
    """Two recordings that begin alike are told apart when their messages differ."""
    recordings = played(
        *((asked(type="a"), said(n=n), asked(type="b", n=n), said(last=n)) for n in range(2)),
    )
    player = opened(recordings)
    assert events(player.sent('{"type": "a"}')) == [said(n=0)]
    assert events(player.sent('{"type": "b", "n": 1}')) == [said(last=1)]
    other = opened(recordings)
    assert events(other.sent('{"type": "a"}')) == [said(n=0)]
    assert events(other.sent('{"type": "b", "n": 0}')) == [said(last=0)]


def test_recordings_repeat_where_they_may() -> None:
    """With `repeats` a recording answers again and again."""
    recordings = played((asked(type="a"), said(n=1)), repeats=True)
    for _ in range(3):
        assert events(opened(recordings).sent('{"type": "a"}')) == [said(n=1)]


def test_what_is_played_is_told() -> None:
    """Whoever counts what was played hears of each recording that is taken, and of those that are given back."""
    told: list[tuple[int | None, int]] = []
    pair = [Recorded(7, (asked(type="a"),)), Recorded(9, (asked(type="b"),))]
    recordings = Recordings(URL, pair, moved=lambda old, new: told.append((old, new)))
    opened(recordings).sent('{"type": "b"}')
    assert told == [(None, 7), (7, 9)]


def test_who_changes_places_plays_no_more_than_before() -> None:
    """Two connections that change places have played one recording each, whichever was whose before."""
    told: list[tuple[int | None, int]] = []
    pair = [Recorded(n, (asked(type=word),)) for n, word in enumerate("ab")]
    recordings = Recordings(URL, pair, moved=lambda old, new: told.append((old, new)))
    first, second = opened(recordings), opened(recordings)
    second.sent('{"type": "a"}')
    first.sent('{"type": "b"}')
    assert told == [(None, 0), (None, 1)]


def test_a_mismatch_names_the_nearest() -> None:
    """What fits nothing is explained with the recorded message that differs least, by path."""
    recordings = played(
        (asked(type="response.create", response={"instructions": "Be brief.", "tools": []}),),
        (asked(type="response.create", response={"instructions": "Be kind."}),),
    )
    with pytest.raises(Mismatch) as caught:
        opened(recordings).sent('{"type": "response.create", "response": {"instructions": "Be loud."}}')
    error = caught.value
    assert (error.number, error.position) == (0, 1)
    assert [(c.path, c.recorded, c.received) for c in error.changes] == [
        ("response.instructions", "Be kind.", "Be loud.")
    ]


def test_one_message_too_many_is_a_mismatch() -> None:
    """A message after the last recorded one has nothing near it."""
    player = opened(played((asked(type="a"),)))
    player.sent('{"type": "a"}')
    with pytest.raises(Mismatch) as caught:
        player.sent('{"type": "a"}')
    assert (caught.value.number, caught.value.recorded, caught.value.changes) == (1, None, ())


@pytest.mark.parametrize("data", ["hello", b"hello", '{"a": 1}'])
def test_other_traffic_is_compared_whole(data: str | bytes) -> None:
    """Messages of an API that we do not know are compared as they are: text with text, bytes with bytes."""
    player = opened(played((Frame(data, sent=True), said(n=1)), url=PLAIN))
    other = data.encode() if isinstance(data, str) else data.decode()
    assert events(player.sent(data)) == [said(n=1)]
    with pytest.raises(Mismatch):
        opened(played((Frame(data, sent=True),), url=PLAIN)).sent(other)
    with pytest.raises(Mismatch):
        opened(played((Frame(data, sent=True),), url=PLAIN)).sent("hello!")

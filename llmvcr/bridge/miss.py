"""A request that is not recorded: the errors that say so, in a way that reaches the person."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from vcr.errors import CannotOverwriteExistingCassetteException

from llmvcr.bridge.translate import to_request, to_vcr_request
from llmvcr.interaction import Request

if TYPE_CHECKING:
    from llmvcr.diff import Change
    from llmvcr.explaining import Missed, Reason
    from llmvcr.redaction import Redactor

__all__ = ["Miss", "MissAbort", "cleaned", "miss", "through_sdks", "unlike"]

_Error = TypeVar("_Error", bound=Exception)

_SDK_ERRORS = (
    ("openai", "OpenAIError", ""),
    ("anthropic", "AnthropicError", ""),
    ("botocore.httpsession", "CancelledError", "bedrock"),
)
"""Errors that an SDK lets through at once, and of which provider's calls (of any: ""). Of any other exception openai
and anthropic take a lost connection, ask twice more with pauses, and say "Connection error." in place of the reason
(openai 3.54, `_base_client.request`); so does botocore, which lets through what its caller has cancelled (1.44,
`URLLib3Session.send`). groq knows no error of its own that it lets through (1.7)."""

_NAME = re.compile(r"[.\[\]\d]+")
_SUFFIXES = (".json", ".yaml", ".yml")


class Miss(CannotOverwriteExistingCassetteException):  # type: ignore[misc]
    """A request that is in no cassette while the record mode forbids to record it.

    It is vcrpy's own error for this case, with the attributes of that one, so that `except` clauses for it go on
    working. Where the openai or anthropic SDK is loaded, it is also an instance of the SDK's base error, so that the
    SDK lets it through. It can be pickled and copied, without its `cassette`.
    """

    __module__ = "llmvcr"

    cassette: Any
    """The cassette; None in a copy."""
    cassette_path: str
    """Its first, or only, file."""
    request: Request
    """What was asked, as hooks left it, without its secrets: whatever tells of a miss may be read by anybody."""
    reason: Reason
    nearest: int | None
    """The position, from 0, of the recorded interaction that is most like it; None where nothing is like it."""
    changes: tuple[Change, ...]
    """What differs from that one, where the matcher `llm` alone decides; () where it is equal, but played."""
    _provider: str

    def __init__(self, message: str, provider: str = "", **known: Any) -> None:
        """Make an error that says `message`; `known` are its attributes."""
        Exception.__init__(self, message)  # not vcrpy's, which looks through the cassette by itself
        self._provider = provider
        for name, value in known.items():
            setattr(self, name, value)

    def __reduce__(self) -> tuple[object, ...]:
        """Survive a trip between processes, to one where other SDKs may be loaded."""
        return _again, (*self.args, self._provider), {**vars(self), "cassette": None}


class MissAbort(BaseException):
    """A miss that no SDK can wrap, retry or swallow, since it is no `Exception`; `miss` is the error itself."""

    __module__ = "llmvcr"

    def __init__(self, missing: Miss) -> None:
        super().__init__(str(missing))
        self.miss = missing

    def __reduce__(self) -> tuple[object, ...]:
        """Survive a trip between processes: what it was made of is not in `args`."""
        return type(self), (self.miss,)

    @property
    def generations(self) -> NoReturn:
        """LangChain takes whatever it gathered and is no `Exception` for an answer, and looks for its text here."""
        raise self


def miss(cassette: Any, failed_request: Any) -> BaseException:
    """Return what to raise for a request that `cassette`, whose lock is held, lacks: a Miss, or a MissAbort."""
    from llmvcr.explaining import explained  # noqa: PLC0415 - mostly nothing is missing

    missed, similar = _missed(cassette, failed_request)
    return _to_raise(cassette, explained(missed), missed, similar)


def unlike(
    cassette: Any, handshake: Request, said: str, position: int | None, changes: tuple[Change, ...]
) -> BaseException:
    """Return what to raise, in these words, for a message that no recorded connection has at its place.

    It differs so from that of the connection at `position`.
    """
    from llmvcr.explaining import Missed  # noqa: PLC0415 - mostly nothing is missing

    form, paths = cassette.finding.form(handshake), _paths(cassette)
    redactor = cassette.finding.redactor.knowing(handshake)
    handshake, changes = redactor.redact_request(handshake), cleaned(changes, redactor)
    missed = Missed(handshake, form, "no_match", paths, near=position, changes=changes)
    similar = [] if position is None else cassette.finding.similar((position,), changes)
    return _to_raise(cassette, said, missed, similar)


def cleaned(changes: Iterable[Change], redactor: Redactor) -> tuple[Change, ...]:
    """Take the secrets out of what differs, so that everybody may read it."""
    return tuple(
        replace(
            each,
            path=str(redactor.clean(each.path)),
            recorded=redactor.clean(each.recorded, name := _NAME.split(each.path)[-1]),
            received=redactor.clean(each.received, name),
        )
        for each in changes
    )


def _to_raise(cassette: Any, said: str, missed: Missed, similar: list[Any]) -> BaseException:
    provider = missed.form.provider
    error = through_sdks(Miss, provider)(
        said,
        provider,
        cassette=cassette,
        failed_request=to_vcr_request(missed.request),
        similar_requests=similar,
        reason=missed.reason,
        request=missed.request,
        cassette_path=missed.paths[0],
        nearest=missed.near,
        changes=missed.changes,
    )
    if not provider:
        return error
    raised = MissAbort(error) if cassette._options.llmvcr_miss == "abort" else error
    cassette.missed.append(raised)
    return raised


def through_sdks(kind: type[_Error], provider: str = "") -> type[_Error]:
    """Return an error class as one that the SDKs which are loaded, and would ask this provider, let through at once."""
    bases = [
        getattr(sys.modules[sdk], name)
        for sdk, name, whose in _SDK_ERRORS
        if hasattr(sys.modules.get(sdk), name) and whose in ("", provider)
    ]
    return type(kind.__name__, (kind, *bases), {"__module__": kind.__module__}) if bases else kind


def _again(message: str, provider: str) -> Miss:
    return through_sdks(Miss, provider)(message, provider)


def _missed(cassette: Any, failed_request: Any) -> tuple[Missed, list[Any]]:
    """Give what is known of the miss, and what vcrpy calls similar requests."""
    from llmvcr.explaining import Missed  # noqa: PLC0415 - mostly nothing is missing

    finding, data, request = cassette.finding, cassette.data, to_request(failed_request)
    redactor = finding.redactor.knowing(request)
    paths, mode = _paths(cassette), getattr(cassette.record_mode, "value", cassette.record_mode)
    near: tuple[int, ...]
    if finding.indexes:
        near, changes = finding.nearest(request)
        changes = cleaned(changes, redactor)
        similar = finding.similar(near, changes)
    else:
        changes, similar = (
            (),
            [
                (one, agree, [(name, message and str(redactor.clean(message))) for name, message in differ])
                for one, agree, differ in cassette.find_requests_with_most_matches(to_vcr_request(failed_request))
            ],
        )
        found = {id(one): position for position, (one, _) in reversed(list(enumerate(data)))}
        near = tuple(found[id(one)] for one, _, _ in similar)
    reason: Reason = "nothing_similar"
    known: dict[str, Any] = {}
    if not cassette.rewound and not len(cassette):
        reason = "cassette_not_found"
    elif similar:
        nearest, _, differences = similar[0]
        reason = "no_match" if differences else "already_played"
        known = {
            "near": near[0],
            "nearest": to_request(nearest),
            "near_played": bool(cassette.play_counts[near[0]]),
            "equal": sum(not differing for _, _, differing in similar),
            "changes": changes,
            "differences": tuple((name, message or "") for name, message in differences),
        }
    return Missed(
        redactor.redact_request(request),
        finding.form(request),
        reason,
        paths,
        tuple(path for path in paths if not Path(path).exists()) if len(paths) > 1 else (),
        _siblings(paths[0]) if reason == "cassette_not_found" else (),
        mode,
        len(data),
        len(cassette.play_counts),
        compared=tuple(getattr(one, "__name__", repr(one)) for one in cassette._match_on),
        rules=finding.rule_set,
        **known,
    ), similar


def _paths(cassette: Any) -> tuple[str, ...]:
    more = getattr(cassette._persister, "_more", ())  # a persister of the user's own knows of none
    return tuple(dict.fromkeys(str(path) for path in (cassette._path, *more)))


def _siblings(path: str) -> tuple[str, ...]:
    """Name the files beside a missing one that differ from it in the suffix alone."""
    here = Path(path)
    if not here.parent.is_dir() or here.exists():
        return ()
    return tuple(
        sorted(one.name for suffix in _SUFFIXES if (one := here.with_suffix(suffix)) != here and one.is_file())
    )

"""File names of recordings: the hash of the request, in each of the seven ways that llama-stack has made it.

Always sha256 of `json.dumps(x, sort_keys=True)`; what x is, by version (formats.md, "File names: the hash"):

    1  {method, endpoint (the URL's path), body}, of which the name takes 12 digits; later ones take all 64
    2  and test_id, but for /api/tags and /v1/models
    3  floats in the body rounded to 5 places, also inside strings; no test_id for /v1/openai/v1/models either
    4  no stream_options for Bedrock hosts
    5  no project_id in extra_body and extra_query
    6  scores, attributes, document ids and special tokens that differ from run to run are made equal in strings
    7  test_id always there: null for lists of models, also those of paths that end in /models on other machines
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import urlsplit

from llmvcr.errors import OptionError
from llmvcr.formats.typed import data_of
from llmvcr.interaction import Json

__all__ = ["LATEST", "VERSIONS", "digest", "hashed", "matching", "model_ids", "models_digest", "name"]

VERSIONS = range(1, 8)
LATEST = 7

_SHORT, _LONG_NAME = 12, 64

_LISTS = ("/api/tags", "/v1/models")
_LISTS_3 = (*_LISTS, "/v1/openai/v1/models")
_LONG = re.compile(r"-?\d+\.\d{4,}")
_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_CHUNKING: Mapping[str, Json] = {
    "chunking_strategy": {"type": "static", "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400}}
}
"""What llama-stack's file processors cut a file by where nobody says otherwise."""
_VARYING: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"score:\s*[-+]?(?:\d*\.)?\d+(?:[eE][-+]?\d+)?"), "score: __NORMALIZED__"),
    (re.compile(r",?\s*attributes:\s*\{[^}]*\}"), ""),
    (re.compile(rf"document_id:\s*{_UUID}"), "document_id: __NORMALIZED__"),
    (re.compile(rf"<\|{_UUID}\|>"), "<|__NORMALIZED__|>"),
)


def name(recording: dict[str, Json], version: int = LATEST, test_id: str | None = None) -> str:
    """Give the file name of a recording by a version of the hash; `test_id` takes the place of the recording's own.

    Lists of models are `models-<hash>-<digest of the ids>.json`. OptionError for a version that there is not.
    """
    if version not in VERSIONS:
        message = f"there is no hash version {version!r}; known are {VERSIONS[0]} to {VERSIONS[-1]}"
        raise OptionError(message)
    found = digest(recording, version, test_id)[: _SHORT if version == 1 else None]
    ids = model_ids(recording)
    return f"{found}.json" if ids is None else f"models-{found}-{models_digest(ids)}.json"


def matching(recording: dict[str, Json], filename: str) -> tuple[int, ...]:
    """Give the versions of the hash by which a recording has this file name; () where it has it by none.

    The oldest lists of models have no digest of the ids in their names, or one by sha1.
    """
    stem = filename.removesuffix(".json")
    ids = model_ids(recording)
    found = stem
    if stem.startswith("models-"):
        found, _, told = stem.removeprefix("models-").partition("-")
        if ids is None or told not in (models_digest(ids), models_digest(ids, "sha1")):
            return ()
    if len(found) not in (_SHORT, _LONG_NAME):
        return ()
    return tuple(version for version in VERSIONS if digest(recording, version).startswith(found))


def model_ids(recording: dict[str, Json]) -> list[str] | None:
    """Give the ids in the answer of a call that lists models; None where it is another call."""
    body = recording["response"].get("body")
    path = _path(recording["request"].get("url"))
    if recording["response"].get("is_streaming") or not path.endswith(("/models", "/api/tags")):
        return None
    data = data_of(body)
    items = data.get("models") if isinstance(data, dict) else body
    if not isinstance(items, list):
        return None
    datas = [data_of(item) for item in items]
    return [str(data.get("id", data.get("model"))) for data in datas if isinstance(data, dict)]


def models_digest(ids: Iterable[str], algorithm: str = "sha256") -> str:
    """Give the eight digits that tell one list of models from another; the oldest recordings have them by "sha1"."""
    return hashlib.new(algorithm, "|".join(sorted(set(ids))).encode()).hexdigest()[:8]


def digest(recording: dict[str, Json], version: int = LATEST, test_id: str | None = None) -> str:
    """Give the whole hash of a recording, 64 hexadecimal digits."""
    own = recording.get("test_id", recording["request"].get("test_id"))
    what = hashed(recording["request"], version, own if test_id is None else test_id)
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()


def hashed(request: dict[str, Json], version: int, test_id: Json) -> dict[str, Json]:
    """Give what is hashed of a recording's request."""
    if "tool_name" in request:
        return {key: request.get(key) for key in ("provider", "tool_name", "kwargs")}
    if "file_id" in request:
        # The strategy was hashed but not recorded; all that are known were made with the default one.
        return {"test_id": test_id, "api": request.get("api"), "file_id": request["file_id"], **_CHUNKING}
    if "payload" in request:
        payload = _normal(request["payload"], version)
        return {"test_id": test_id, "url": request.get("url"), "method": request.get("method"), "payload": payload}
    url = request.get("url")
    path = _path(url)
    what = {"method": str(request.get("method", "")).upper(), "endpoint": path, "body": _body(request, version)}
    if version == 1:
        return what
    listed = path in (_LISTS if version == 2 else _LISTS_3)
    if version < LATEST:
        return what if listed else {**what, "test_id": test_id}
    far = path.endswith("/models") and not _is_loopback(url)
    return {**what, "test_id": None if listed or far else test_id}


def _path(url: Json) -> str:
    try:
        return urlsplit(url).path if isinstance(url, str) else ""
    except ValueError:
        return ""


def _is_loopback(url: Json) -> bool:
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1", "0.0.0.0") or host.startswith("127.")  # noqa: S104 - compared, never bound


def _body(request: dict[str, Json], version: int) -> Json:
    body = request.get("body")
    if version >= 4 and isinstance(body, dict) and "bedrock" in _netloc(request.get("url")):
        body = {key: value for key, value in body.items() if key != "stream_options"}
    return _normal(body, version)


def _netloc(url: Json) -> str:
    try:
        return urlsplit(url).netloc if isinstance(url, str) else ""
    except ValueError:
        return ""


def _normal(body: Json, version: int) -> Json:
    """Make equal what the version takes for equal."""
    if version >= 5:
        body = _without_project(body)
    return body if version < 3 else _mapped(body, lambda text: _text(text, version))


def _without_project(value: Json, *, root: bool = True) -> Json:
    """Drop project_id where a call's own keyword arguments are: at the top, and in objects that stand in lists."""
    if isinstance(value, list):
        return [_without_project(item) for item in value]
    if not isinstance(value, dict):
        return value
    fresh = {key: _without_project(item, root=False) for key, item in value.items()}
    for key in ("extra_body", "extra_query") if root else ():
        if isinstance(fresh.get(key), dict):
            fresh[key] = {name: inner for name, inner in fresh[key].items() if name != "project_id"}
    return fresh


def _mapped(value: Json, text: Callable[[str], str]) -> Json:
    if isinstance(value, dict):
        return {key: _mapped(item, text) for key, item in value.items()}
    if isinstance(value, list):
        return [_mapped(item, text) for item in value]
    if isinstance(value, float):
        return round(value, 5)
    return text(value) if isinstance(value, str) else value


def _text(text: str, version: int) -> str:
    if version >= 6:
        for pattern, instead in _VARYING:
            text = pattern.sub(instead, text)
    return _LONG.sub(lambda found: f"{float(found[0]):.5f}", text)

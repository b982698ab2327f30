"""Bedrock on loopback: a client of boto3 with made-up credentials, and the frames that a server streams to it."""

from __future__ import annotations

import json
import struct
from base64 import b64encode
from functools import lru_cache
from typing import Any
from zlib import crc32

import boto3
from botocore.config import Config

__all__ = ["bedrock", "chunk", "event"]


@lru_cache
def _session(number: int) -> boto3.Session:
    return boto3.Session(
        aws_access_key_id=f"AKIAMADEUP{number:010}",
        aws_secret_access_key=f"made-up-{number}",
        aws_session_token=f"made-up-token-{number}",
        region_name="us-east-1",
    )


def bedrock(url: str, *, credentials: int = 0, verify: Any = True, **config: Any) -> Any:
    """Return a client of bedrock-runtime that talks to `url` and does not retry; `config` is botocore's."""
    once = {"total_max_attempts": 1, "mode": "standard"}
    options = Config(**{"retries": once, "proxies": {}, **{name: it for name, it in config.items() if it is not None}})
    return _session(credentials).client("bedrock-runtime", endpoint_url=url, config=options, verify=verify)


def event(name: str, payload: object) -> bytes:
    """Return one frame of an event stream (the layout is that of `vnd.amazon.eventstream`)."""
    told = {":event-type": name, ":content-type": "application/json", ":message-type": "event"}
    headers = b"".join(
        struct.pack(">B", len(key)) + key.encode() + struct.pack(">BH", 7, len(value)) + value.encode()
        for key, value in told.items()
    )
    body = json.dumps(payload).encode()
    prelude = struct.pack(">II", 16 + len(headers) + len(body), len(headers))
    message = prelude + struct.pack(">I", crc32(prelude)) + headers + body
    return message + struct.pack(">I", crc32(message))


def chunk(said: object) -> bytes:
    """Return one frame of invoke-with-response-stream, which carries the model's own JSON."""
    return event("chunk", {"bytes": b64encode(json.dumps(said).encode()).decode()})

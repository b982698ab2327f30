"""Calls to a provider that no test sends: cassettes made by hand, and the words to ask for what is in them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import llmvcr
from llmvcr.interaction import Interaction, Request, Response

__all__ = ["ASKING", "URL", "chat", "write"]

URL = "https://api.openai.com/v1/chat/completions"

ASKING = """
import httpx2

def call(words):
    body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": words}]}
    answer = httpx2.post("https://api.openai.com/v1/chat/completions", json=body, verify=False)
    return answer.json()["choices"][0]["message"]["content"]
"""
"""Source of a test module's `call(words)`."""


def chat(words: str, said: str, recorded_at: str | None = "2026-11-22T09:00:00Z") -> Interaction:
    """Give a call of OpenAI's that took 1.5 s, with 1,000 tokens in and 200 out."""
    asked = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": words}]}
    answer = {
        "id": "chatcmpl-made-up",
        "object": "chat.completion",
        "created": 1,
        "model": "gpt-4o-mini",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": said}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1000, "completion_tokens": 200, "total_tokens": 1200},
    }
    kind = (("content-type", "application/json"),)
    response = Response(200, "OK", kind, (json.dumps(answer).encode(),), times=(100.0, 1500.0))
    return Interaction(Request("POST", URL, kind, json.dumps(asked).encode()), response, recorded_at)


def write(path: Path, *calls: Interaction, at: str | None = "") -> None:
    """Write a cassette; `at` replaces when its calls were recorded."""
    llmvcr.dump([one if at == "" else replace(one, recorded_at=at) for one in calls], path)

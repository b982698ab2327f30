"""What a command prints with --json, held against the schema that the package has of it."""

from __future__ import annotations

import json
from typing import Any

import jsonschema

from llmvcr.cli import schemas

__all__ = ["fitting"]


def fitting(command: str, printed: str) -> Any:
    """Give the value that a command printed; raises jsonschema.ValidationError where it does not fit its schema."""
    value = json.loads(printed)
    jsonschema.Draft202012Validator(json.loads(schemas.text(command))).validate(value)
    return value

"""The formats themselves, each a value: those that are read and written, and those of other tools, which are read."""

from __future__ import annotations

from llmvcr.formats.base import Format
from llmvcr.formats.cassetter import CASSETTER
from llmvcr.formats.exchange import EXCHANGE
from llmvcr.formats.foreign import FOREIGN
from llmvcr.formats.go_vcr import GO_VCR
from llmvcr.formats.recording import RECORDING
from llmvcr.formats.ruby_vcr import RUBY_VCR
from llmvcr.formats.typed_json import TYPED_JSON
from llmvcr.formats.vcr_json import VCR_JSON
from llmvcr.formats.vcr_yaml import VCR_YAML

__all__ = ["FORMATS", "READ_ONLY"]

FORMATS: tuple[Format, ...] = (TYPED_JSON, RECORDING, VCR_JSON, VCR_YAML)
"""Every format that is read and written, in the order in which they are asked whether a file is theirs."""

READ_ONLY: tuple[Format, ...] = (CASSETTER, GO_VCR, RUBY_VCR, EXCHANGE, FOREIGN)
"""The formats of other tools. They are asked first, because each claims only what is surely its own, and ours would
take most of it for a damaged file; `by_name` does not know them, so that nothing is ever written in one."""

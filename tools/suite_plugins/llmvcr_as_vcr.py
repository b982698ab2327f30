"""A pytest plugin that puts `llmvcr.VCR` where a suite expects `vcr.VCR` (decision 12)."""

from __future__ import annotations

import vcr
import vcr.config

import llmvcr

__all__: list[str] = []

vcr.VCR = vcr.config.VCR = llmvcr.VCR
vcr.default_vcr = llmvcr.VCR()
vcr.use_cassette = vcr.default_vcr.use_cassette

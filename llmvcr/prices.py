"""What a call would cost today, by the public prices that the package genai-prices keeps, where it is installed."""

from __future__ import annotations

import importlib
from decimal import Decimal
from typing import Any

from llmvcr.conversation import LlmCall

__all__ = ["Prices"]

_PACKAGE = "genai_prices"
# OpenAI's own endpoints under a host that is not theirs cost what their owner says.
_FREE_HOSTS = ("http://127.0.0.1", "http://localhost", "http://[::1]")


class Prices:
    """The price of calls in US dollars; `known` is False where genai-prices is not installed (extra `cost`)."""

    def __init__(self) -> None:
        """Look for the package; it is imported here and nowhere else, and asks no network."""
        try:
            self._package: Any = importlib.import_module(_PACKAGE)
        except ImportError:
            self._package = None

    @property
    def known(self) -> bool:
        """Whether there are prices at all."""
        return self._package is not None

    def of(self, call: LlmCall) -> Decimal | None:
        """Give the price of one call; None for one that says no tokens, or that nobody has a price for."""
        if self._package is None or call.usage.input is None or call.url.startswith(_FREE_HOSTS):
            return None
        told = self._package.Usage(
            input_tokens=call.usage.input,
            output_tokens=call.usage.output or 0,
            cache_read_tokens=call.usage.cached or 0,
            cache_write_tokens=call.usage.cache_written or 0,
        )
        try:
            priced = self._package.calc_price(told, call.model, provider_api_url=call.url)
        except (LookupError, ValueError):
            return None
        return Decimal(priced.total_price)

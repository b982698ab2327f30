"""`python -m llmvcr` is the command `llmvcr`."""

from __future__ import annotations

import sys

from llmvcr.cli import main

__all__: list[str] = []

if __name__ == "__main__":
    sys.exit(main())

"""Convert recordings from a clone, without installing: the same as `llmvcr convert`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from llmvcr.cli import main

__all__: list[str] = []

if __name__ == "__main__":
    raise SystemExit(main(["convert", *sys.argv[1:]]))

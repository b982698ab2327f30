"""What pytest's report says of cassettes: the miss of a test, and of a whole run what was played, saved and left over.

What is pytest's is taken as it comes: `pytest_plugin` is the only room that imports it. `rules` is imported late,
by the few runs that ask for it.
"""

from __future__ import annotations

from llmvcr.reporting.ending import Ending
from llmvcr.reporting.misses import Misses, missing

__all__ = ["Ending", "Misses", "missing"]

"""What pytest's report says of cassettes: the miss of a test, and of a whole run what was played, saved and left over.

What is pytest's is taken as it comes: `pytest_plugin` is the only room that imports it, and imports each of these
where a run comes to it.
"""

from __future__ import annotations

from llmvcr.reporting.ending import Ending

__all__ = ["Ending"]

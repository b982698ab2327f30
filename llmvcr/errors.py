"""Every error that llmvcr raises by itself.

    LlmvcrError
    ├── OptionError        an option that nobody knows, or a value it cannot have (also a TypeError)
    ├── CassetteError      something is wrong with one file; knows path, interaction, place and fix
    │   ├── ReadError      it cannot be read as any format, or as the one it says it is
    │   └── WriteError     it cannot be written, or what was written does not read back the same
    └── TypeNameError      a `__type__` that is on no list of ours: it is never imported

A missing recording is `llmvcr.Miss`: it lives in the bridge, because it is vcrpy's
CannotOverwriteExistingCassetteException.
"""

from __future__ import annotations

__all__ = ["CassetteError", "LlmvcrError", "OptionError", "ReadError", "TypeNameError", "WriteError"]


class LlmvcrError(Exception):
    """The base of every error that llmvcr raises by itself."""


class OptionError(LlmvcrError, TypeError):
    """An option that nobody knows, or a value that the option cannot have."""


class TypeNameError(LlmvcrError, LookupError):
    """A `__type__` that is on no list of ours; it is kept as text and never imported."""


class CassetteError(LlmvcrError):
    """Something is wrong with one file.

    `path` names the file, `interaction` its position in the file (0-based) or None, `place` the path inside it
    ("response.body[3].__data__") or "", `reason` what is wrong and `fix` what to do next.
    """

    def __init__(
        self, path: str, reason: str, *, interaction: int | None = None, place: str = "", fix: str = ""
    ) -> None:
        self.path, self.reason, self.interaction, self.place, self.fix = path, reason, interaction, place, fix
        where = path
        if interaction is not None:
            where += f", interaction {interaction}"
        if place:
            where += f", {place}"
        super().__init__(f"{where}: {reason}" + (f"\nHow to fix: {fix}" if fix else ""))

    def __reduce__(self) -> tuple[object, ...]:
        """Survive a trip between processes: keyword arguments are not in `args`."""
        return _rebuild, (type(self), self.path, self.reason, self.interaction, self.place, self.fix)


class ReadError(CassetteError):
    """A file that cannot be read as any format, or as the one it says it is; it is left as it was."""


class WriteError(CassetteError):
    """A file that cannot be written, or that does not read back as it was written."""


def _rebuild(
    kind: type[CassetteError], path: str, reason: str, interaction: int | None, place: str, fix: str
) -> CassetteError:
    return kind(path, reason, interaction=interaction, place=place, fix=fix)

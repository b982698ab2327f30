"""What no module does: keep hidden state, eat errors, or open a file for writing anywhere but in storage."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from house.source import Module

__all__ = ["STORAGE", "eaten_errors", "hidden_globals", "writes"]

STORAGE = "llmvcr.storage"

_CONTAINERS = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
_MAKERS = {"bytearray", "Counter", "defaultdict", "deque", "dict", "list", "local", "OrderedDict", "set"}
_MAKERS |= {"ChainMap", "WeakKeyDictionary", "WeakSet", "WeakValueDictionary"}
_MUTATORS = {"add", "append", "appendleft", "clear", "discard", "extend", "insert", "pop", "popitem", "popleft"}
_MUTATORS |= {"remove", "reverse", "setdefault", "sort", "update"}
_BROAD = {"BaseException", "Exception"}
_OS_WRITERS = {"link", "mkfifo", "remove", "rename", "renames", "replace", "symlink", "truncate", "unlink"}
_SHUTIL_WRITERS = {"copy", "copy2", "copyfile", "copytree", "move", "rmtree"}
_TEMPFILE_WRITERS = {"NamedTemporaryFile", "SpooledTemporaryFile", "TemporaryFile", "mkstemp"}
_PATH_WRITERS = {"hardlink_to", "rename", "symlink_to", "touch", "unlink", "write_bytes", "write_text"}


def hidden_globals(modules: Sequence[Module]) -> list[str]:
    """Name module-level containers that are made to change, and `global` statements.

    A container at module level is a table where it is written out in full under a CONSTANT name and nothing in
    the module changes it; any other is state that two tests share.
    """
    found = []
    for module in modules:
        found += [module.at(n, "global statement") for n in ast.walk(module.tree) if isinstance(n, ast.Global)]
        changed = set(_changed(module.tree))
        for node in module.tree.body:
            if not isinstance(node, ast.Assign | ast.AnnAssign) or not _is_container(node.value):
                continue
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for name in (target.id for target in targets if isinstance(target, ast.Name)):
                if name == "__all__":
                    continue
                if name in changed or not name.isupper() or _is_empty(node.value):
                    found.append(module.at(node, f"{name} is a container that may change: a hidden global"))
    return found


def eaten_errors(modules: Sequence[Module]) -> list[str]:
    """Name bare `except:`, broad handlers that do nothing, and suppress(Exception)."""
    found = []
    for module in modules:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ExceptHandler):
                if node.type is None:
                    found.append(module.at(node, "bare except"))
                elif _names(node.type) & _BROAD and all(_does_nothing(step) for step in node.body):
                    found.append(module.at(node, "a broad except that does nothing"))
            elif isinstance(node, ast.Call) and _name(node.func) == "suppress" and _broad_argument(node):
                found.append(module.at(node, "suppress(Exception)"))
    return found


def writes(modules: Sequence[Module]) -> list[str]:
    """Name the calls outside llmvcr/storage/ that make, change, move or remove a file."""
    found = []
    for module in modules:
        if module.name != STORAGE and not module.name.startswith(f"{STORAGE}."):
            calls = (node for node in ast.walk(module.tree) if isinstance(node, ast.Call))
            found += [module.at(node, f"{ast.unparse(node.func)}(…) writes") for node in calls if _writes(node)]
    return found


def _writes(call: ast.Call) -> bool:
    owner = _name(call.func.value) if isinstance(call.func, ast.Attribute) else ""
    name = _name(call.func)
    arguments = [ast.unparse(argument) for argument in call.args]
    if arguments[:1] == ["os.devnull"]:
        found = False
    elif (owner, name) == ("os", "open"):
        found = arguments[1:2] != ["os.O_RDONLY"]
    elif (owner, name) == ("os", "fdopen"):
        found = _opens_for_writing(call, position=1)
    elif owner == "os":
        found = name in _OS_WRITERS
    elif owner == "shutil":
        found = name in _SHUTIL_WRITERS
    elif name == "open":
        found = _opens_for_writing(call, position=0 if owner and owner not in {"io", "codecs", "gzip"} else 1)
    elif name == "replace":  # Path.replace(target); str.replace takes two, dataclasses.replace keywords
        found = bool(owner) and len(call.args) == 1 and not call.keywords
    else:
        found = name in _TEMPFILE_WRITERS or (isinstance(call.func, ast.Attribute) and name in _PATH_WRITERS)
    return found


def _opens_for_writing(call: ast.Call, *, position: int) -> bool:
    mode = next((keyword.value for keyword in call.keywords if keyword.arg == "mode"), None)
    if mode is None and len(call.args) > position:
        mode = call.args[position]
    if mode is None:
        return False
    return not isinstance(mode, ast.Constant) or bool(set(str(mode.value)) & set("wax+"))


def _changed(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store() | ast.Del()):
                yield name
            case ast.AugAssign(target=ast.Name(id=name)) if name.isupper() and node not in tree.body:
                yield name
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attribute)) if attribute in _MUTATORS:
                yield name
            case _:
                pass


def _is_container(value: ast.expr | None) -> bool:
    return isinstance(value, _CONTAINERS) or (isinstance(value, ast.Call) and _name(value.func) in _MAKERS)


def _is_empty(value: ast.expr | None) -> bool:
    match value:
        case ast.List(elts=[]) | ast.Dict(keys=[]) | ast.Call(args=[], keywords=[]):
            return True
        case ast.Call(func=function):
            return _name(function) in {"defaultdict", "deque", "local"}
        case _:
            return False


def _does_nothing(step: ast.stmt) -> bool:
    match step:
        case ast.Pass() | ast.Continue() | ast.Break() | ast.Expr(value=ast.Constant()):
            return True
        case ast.Return(value=None | ast.Constant(value=None)):
            return True
        case _:
            return False


def _broad_argument(call: ast.Call) -> bool:
    return any(_names(argument) & _BROAD for argument in call.args)


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _names(node: ast.expr) -> set[str]:
    return {_name(part) for part in (node.elts if isinstance(node, ast.Tuple) else [node])}

# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Python sources may import and how long they may get."""

from __future__ import annotations

import ast
import io
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

from tests.tools.repo.module_docs import DOCUMENT_NAMES

LICENCE = (
    "# Copyright (c) 2026, novanet.network contributors",
    "# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)",
    "# SPDX-License-Identifier: GPL-3.0-or-later",
)
# What computes only: nothing here reads a clock, a file, the network or chance.
PURE_MODULES = frozenset(
    {"__future__", "abc", "bisect", "collections", "contextlib", "copy", "dataclasses", "enum", "functools"}
    | {"hashlib", "heapq", "ipaddress", "itertools", "json", "math", "operator", "re", "string"}
    | {"types", "typing", "uuid"}
)
IMPURE_NAMES = frozenset({"now", "utcnow", "today", "uuid1", "uuid4", "getnode"})
IMPURE_BUILTINS = frozenset({"open", "print", "input", "__import__", "exec", "eval", "breakpoint"})
FunctionNode = (ast.FunctionDef, ast.AsyncFunctionDef)


def imports(tree: ast.AST) -> Iterator[tuple[int, str, list[str]]]:
    """Return (level, module, names) of every import, wherever it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((0, alias.name, []) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.level, node.module or "", [alias.name for alias in node.names]


def foreign_imports(source: str, allowed: frozenset[str]) -> list[str]:
    """Return the absolute imports whose top package is not allowed."""
    found = [module for level, module, _names in imports(ast.parse(source)) if level == 0]
    return sorted({module for module in found if module.partition(".")[0] not in allowed})


def impure_calls(source: str) -> list[str]:
    """Return the calls of names that give another result next time, or that reach outside."""
    calls = [node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    methods = {call.attr for call in calls if isinstance(call, ast.Attribute)} & IMPURE_NAMES
    plain = {call.id for call in calls if isinstance(call, ast.Name)} & (IMPURE_BUILTINS | IMPURE_NAMES)
    return sorted(methods | plain)


def _file_of(base: Path, dotted: str) -> Path | None:
    path = base.joinpath(*dotted.split(".")) if dotted else base
    candidates = (path.with_suffix(".py"), path / "__init__.py")
    return next((candidate for candidate in candidates if candidate.is_file()), None)


def own_imports(path: Path) -> set[Path]:
    """Return the files of the collection that a file imports by relative imports."""
    found: set[Path] = set()
    for level, module, names in imports(ast.parse(path.read_text(encoding="utf-8"))):
        if level == 0:
            continue
        base = path.parents[level - 1]
        submodules = {file for name in names if (file := _file_of(base, f"{module}.{name}".strip(".")))}
        itself = _file_of(base, module) if module else None
        found |= submodules | ({itself} if itself else set())
    return found


def reachable(paths: list[Path]) -> list[Path]:
    """Return files and all that they import from the collection, directly or not."""
    seen: set[Path] = set()
    waiting = list(paths)
    while waiting:
        path = waiting.pop()
        if path not in seen:
            seen.add(path)
            waiting += own_imports(path)
    return sorted(seen)


def standard_library() -> frozenset[str]:
    """Return the names of the standard library's packages."""
    return frozenset(sys.stdlib_module_names)


def code_lines(source: str) -> set[int]:
    """Return the numbers of lines that hold code: no blanks, comments, docstrings or documentation strings."""
    skipped = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in skipped:
            lines |= set(range(token.start[0], token.end[0] + 1))
    return lines - {line for start, end in _texts(ast.parse(source)) for line in range(start, end + 1)}


def _texts(tree: ast.AST) -> Iterator[tuple[int, int]]:
    """Return where docstrings and documentation strings stand."""
    for node in ast.walk(tree):
        documented = isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id in DOCUMENT_NAMES for target in node.targets
        )
        bare = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        if documented or bare:
            assert isinstance(node, ast.stmt)
            yield node.lineno, node.end_lineno or node.lineno


def long_functions(source: str, limit: int) -> list[str]:
    """Return the functions of more lines of code than the limit, with their length."""
    lines = code_lines(source)
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, FunctionNode)]
    lengths = {
        f"{node.name}:{node.lineno}": len(lines & set(range(node.lineno, (node.end_lineno or node.lineno) + 1)))
        for node in functions
    }
    return [f"{name} has {length} lines" for name, length in lengths.items() if length > limit]


def broad_excepts(source: str) -> list[str]:
    """Return the lines of handlers that catch everything."""
    handlers = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ExceptHandler)]
    return [
        f"line {handler.lineno}"
        for handler in handlers
        if handler.type is None
        or (isinstance(handler.type, ast.Name) and handler.type.id in ("Exception", "BaseException"))
    ]


def licence_missing(source: str) -> bool:
    """Tell whether the licence is not in the first lines, a shebang aside. An empty file has nothing to license."""
    return bool(source) and not set(LICENCE) <= set(source.splitlines()[: len(LICENCE) + 2])

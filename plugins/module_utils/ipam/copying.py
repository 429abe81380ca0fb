# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Copying a whole IPAM: from a database to another one, to a document, and back."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from typing import Any

from ..change import Change
from ..errors import Conflict, InvalidInput, StoreError
from .contents import Contents, read_contents, why_not, write_contents
from .database import safe_url
from .document import parse_document, render_document
from .store import Caller, reading, transaction


@dataclass(frozen=True)
class Copied:
    """What was copied, and what was there before; ``before`` is None when there was nothing."""

    target: str
    before: Contents | None
    after: Contents

    def changes(self) -> list[str]:
        """Return what was changed, for people."""
        if self.before == self.after:
            return []
        rows = sum(len(rows) for rows in self.after.tables.values())
        detail = f"in {self.target}, generation {self.after.generation}, {rows} rows"
        action = "create" if self.before is None or self.before.is_empty else "update"
        return [Change(action, "IPAM", self.after.ipam_uuid, detail).describe()]


def copy_ipam(
    source: str, target: str, replace: bool = False, minimum_generation: int = 0, check: bool = False
) -> Copied:
    """Make the target hold what the source holds. Both are URLs of databases or paths of documents.

    It is the same IPAM afterwards, in all rows: nothing is added to the audit, and no generation begins.

    :param replace: consent to lose what the target holds and the source does not have.
    :param minimum_generation: the generation that the target has at least. Hosts refuse plans that are older than
        theirs, so an old backup must not count through numbers that they have seen.
    :raises InvalidInput: the document to copy from is damaged or none.
    :raises Conflict: something would be lost without consent.
    :raises StoreError: one of both cannot be used.
    """
    if source == target:
        raise InvalidInput("target", "is the source as well")
    # All of the source is read and checked before anything is done with the target.
    contents = _read_database(source) if _is_url(source) else _read_document(_path(source, "source"))
    contents = contents.at_least(minimum_generation)
    if _is_url(target):
        return _write_database(target, contents, replace, check)
    return _write_document(_path(target, "target"), contents, replace, check)


def _is_url(place: str) -> bool:
    return "://" in place


def shown_place(place: str) -> str:
    """Return where something is copied from or to, without passwords."""
    return safe_url(place) if _is_url(place) else place


def _path(place: str, option: str) -> str:
    if not os.path.isabs(place):
        raise InvalidInput(f"{option} {place}", "is neither the URL of a database nor an absolute path")
    return place


def _read_database(url: str) -> Contents:
    with reading(url) as work:
        return read_contents(work)


def _write_database(url: str, contents: Contents, replace: bool, check: bool) -> Copied:
    with transaction(url, Caller(check=check)) as work:
        held = read_contents(work)
        copied = Copied(safe_url(url), held, contents)
        if held != contents:
            _refuse_loss(f"database {safe_url(url)}", held, contents, replace)
            write_contents(work, contents)
    return copied


def _read_document(path: str) -> Contents:
    try:
        with open(path, encoding="utf-8") as handle:
            return parse_document(handle.read(), f"document {path}")
    except OSError as error:
        raise StoreError(f"document {path}", f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InvalidInput(f"document {path}", "is damaged: it is no text") from error


def _write_document(path: str, contents: Contents, replace: bool, check: bool) -> Copied:
    held = _read_document(path) if os.path.exists(path) and not replace else None
    if held is not None:
        _refuse_loss(f"document {path}", held, contents, replace)
    text = render_document(contents)
    if replace and _text_of(path) == text:
        held = contents
    if held != contents and not check:
        _put(path, text)
    return Copied(path, held, contents)


def _text_of(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8", errors="replace") as handle:
            return handle.read()
    except OSError:
        return None


def _put(path: str, text: str) -> None:
    """Write a file as a whole or not at all. It tells who has which address: for its owner only."""
    temporary: Any = None
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=os.path.dirname(path), prefix=".ipam-", delete=False
        ) as temporary:
            temporary.write(text)
            temporary.flush()
            os.fsync(temporary.fileno())
        os.replace(temporary.name, path)
    except OSError as error:
        if temporary is not None and os.path.exists(temporary.name):
            os.unlink(temporary.name)
        raise StoreError(f"document {path}", f"cannot be written: {error.strerror}") from error


def _refuse_loss(subject: str, held: Contents, contents: Contents, replace: bool) -> None:
    reason = None if replace else why_not(held, contents)
    if reason is not None:
        raise Conflict(subject, reason, "Set replace to true if it may be lost.")

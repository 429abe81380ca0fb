# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The mark on the directory of an instance: whose it is, and what its images were made of. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Made:
    """An image when it was made: the digests of its content, and of itself."""

    content: str
    image: str


@dataclass(frozen=True)
class Mark:
    """What the mark of a directory says. One that cannot be read is none: it has no owner."""

    owner: str | None = None
    name: str = ""
    images: Mapping[str, Made] = field(default_factory=dict)


def parse_mark(text: str | None) -> Mark:
    """Return the mark in a file's text."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return Mark()
    if not isinstance(found, dict) or not all(isinstance(found.get(key), str) for key in ("owner", "name")):
        return Mark()
    images = found.get("images")
    return Mark(found["owner"], found["name"], _images(images if isinstance(images, dict) else {}))


def _images(found: Mapping[str, Any]) -> dict[str, Made]:
    return {
        name: Made(str(record.get("content")), str(record.get("image")))
        for name, record in found.items()
        if isinstance(record, dict)
    }


def render_mark(mark: Mark) -> str:
    """Return the text of a mark's file."""
    return json.dumps(asdict(mark), indent=1, sort_keys=True) + "\n"

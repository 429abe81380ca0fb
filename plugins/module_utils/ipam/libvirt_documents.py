# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documents of libvirt: read with care, and searched for what nobody has made anything of. No input or output."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any
from xml.etree import ElementTree

from ..errors import InvalidInput
from .inputs import shown

LONGEST_DOCUMENT = 1 << 20
ANY = "*"


def read_document(text: Any, where: str, tag: str) -> ElementTree.Element:
    """Return the root of a document.

    :param tag: what the root must be.
    :raises InvalidInput: it is no such document, or one that declares entities.
    """
    if not isinstance(text, str):
        raise InvalidInput(f"{where} {shown(text)}", "is not text")
    if len(text) > LONGEST_DOCUMENT:
        raise InvalidInput(where, f"is longer than {LONGEST_DOCUMENT} characters")
    # Entities can grow without end, and read files. Only a document type declares them, and libvirt writes none.
    if "<!DOCTYPE" in text:
        raise InvalidInput(where, "has a document type", "Give what virsh prints, which has none.")
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError) as error:
        hint = f"Give the text that virsh prints for a {tag}, not the name of a file."
        raise InvalidInput(f"{where} {shown(text)}", f"is not XML ({error})", hint) from error
    if root.tag != tag:
        raise InvalidInput(f"{where} <{shown(root.tag)}>", f"is not a {tag} of libvirt")
    return root


def text_at(root: ElementTree.Element, path: str) -> str | None:
    """Return the text of an element; None when there is none."""
    return (root.findtext(path) or "").strip() or None


def value_at(root: ElementTree.Element, path: str, key: str) -> str | None:
    """Return an attribute of an element; None when either does not exist or is empty."""
    element = root.find(path)
    return None if element is None else element.get(key) or None


def leftovers(
    element: ElementTree.Element,
    known: Mapping[str, Collection[str]],
    dropped: Collection[ElementTree.Element] = (),
    path: str = "",
) -> Iterator[tuple[str, str]]:
    """Yield what is in an element beyond what is known: its path, and its path with what it says.

    :param known: paths of elements with their attributes. What is below other elements is not looked at by itself.
    :param dropped: elements that count as unknown although their path is known.
    """
    for key, value in element.attrib.items():
        if ANY not in known[path] and key not in known[path]:
            name = _plain(key)
            yield f"{path}@{name}", f"{path} {shown(f'{name}={value}')}".strip()
    for child in element:
        below = f"{path}/{_plain(child.tag)}".lstrip("/")
        if below in known and not any(child is one for one in dropped):
            yield from leftovers(child, known, dropped, below)
        else:
            yield below, _words(below, child)


def reason_for(path: str, reasons: Mapping[str, str]) -> str:
    """Return the reason that is given for the longest beginning of a path."""
    return reasons[max((start for start in reasons if path.startswith(start)), key=len)]


def _words(path: str, element: ElementTree.Element) -> str:
    """Return what an element says, and what is in it, as a person would note it."""
    inner = [f"{_plain(one.tag)} {_own_words(one)}".strip() for one in element.iter() if one is not element]
    own = f"{path} {shown(_own_words(element))}".strip()
    return f"{own}: {shown(', '.join(inner))}" if inner else own


def _own_words(element: ElementTree.Element) -> str:
    attributes = [f"{_plain(key)}={value}" for key, value in element.attrib.items()]
    return " ".join([*attributes, *(element.text or "").split()])


def _plain(tag: str) -> str:
    """Return a name with the kind of its namespace: ``dnsmasq:options``."""
    space, brace, name = tag.rpartition("}")
    parts = space.split("/")
    return f"{parts[-2]}:{name}" if brace and len(parts) > 1 else name

# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What guides say of variables and files, and whether it is so."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from typing import Any

import yaml

TABLE = re.compile(r"^\.\. csv-table::\n((?:   .*\n)+)\n((?:   .*\n)+)", flags=re.MULTILINE)
VARIABLE = re.compile(r"(?<![\w./])nova_[a-z0-9_]*[a-z0-9](?![\w*])")


def tables(text: str) -> list[list[dict[str, str]]]:
    """Return the CSV tables of an RST text, each row by the names of its columns."""
    found: list[list[dict[str, str]]] = []
    for head, body in TABLE.findall(text):
        header = re.search(r":header: (.*)", head)
        assert header, "a table needs a header"
        names = next(csv.reader([header.group(1)], skipinitialspace=True))
        rows = csv.reader((line.strip() for line in body.splitlines()), skipinitialspace=True)
        found.append([dict(zip(names, row)) for row in rows])
    return found


def wrong_defaults(rows: list[dict[str, str]], defaults: Mapping[str, Any]) -> list[str]:
    """Say which rows of the migration table name no variable, or another default than the variable has.

    A default that is a template is told in words: only that it is one can be checked.
    """
    problems: list[str] = []
    for row in rows:
        name, told = row["variable"], row["is"]
        if name not in defaults:
            problems.append(f"{name} is no variable")
        elif isinstance(defaults[name], str) and "{{" in defaults[name]:
            problems += [] if told in defaults[name] else [f"{name} defaults to {defaults[name]}"]
        elif yaml.safe_load(told) != defaults[name]:
            problems.append(f"{name} defaults to {defaults[name]!r}, not {told}")
    return problems


def unknown_variables(text: str, known: set[str]) -> list[str]:
    """Return the names in a text that look like variables or modules of ours and are neither."""
    return sorted(set(VARIABLE.findall(text)) - known)

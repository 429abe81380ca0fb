# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What roles promise: their defaults and their argument specifications."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml


def load(path: Path) -> dict[str, Any]:
    """Return a YAML mapping; an absent or empty file is an empty one."""
    return (yaml.safe_load(path.read_text(encoding="utf-8")) or {}) if path.is_file() else {}


def specified_options(role: Path) -> dict[str, dict[str, Any]]:
    """Return the options of every entry point of a role: entry point, then option."""
    specs = load(role / "meta/argument_specs.yml").get("argument_specs") or {}
    return {entry: dict((spec or {}).get("options") or {}) for entry, spec in specs.items()}


def drift(defaults: Mapping[str, Any], entries: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Say where defaults and argument specifications differ, in names or in values."""
    problems: list[str] = []
    specified = {name: option for options in entries.values() for name, option in options.items()}
    for name in sorted(set(defaults) - set(specified)):
        problems.append(f"{name} has a default and no specification")
    for entry, options in entries.items():
        for name, option in options.items():
            if "default" in option and name not in defaults:
                problems.append(f"{entry}: {name} is specified with a default that defaults/main.yml lacks")
            elif "default" not in option and name in defaults and defaults[name] is not None:
                problems.append(f"{entry}: {name} has the default {defaults[name]!r}, its specification has none")
            elif "default" in option and not same(option["default"], defaults[name]):
                problems.append(f"{entry}: {name} defaults to {defaults[name]!r}, specified as {option['default']!r}")
    return problems


def same(one: object, other: object) -> bool:
    """Tell whether two values are the same to a reader: true is not 1, and '1' is not 1."""
    return type(one) is type(other) and one == other


def undescribed(entries: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the options that lack a type or a description."""
    return [
        f"{entry}: {name} lacks {word}"
        for entry, options in entries.items()
        for name, option in options.items()
        for word in ("type", "description")
        if not option.get(word)
    ]

# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What modules document: their options, and whether examples keep to them."""

from __future__ import annotations

import ast
import runpy
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

COLLECTION = "novanet.network"
DOCUMENT_NAMES = ("DOCUMENTATION", "EXAMPLES", "RETURN")
SECTIONS_OF_TASKS = ("tasks", "pre_tasks", "post_tasks", "handlers", "block", "rescue", "always")


def documents(source: str) -> dict[str, str]:
    """Return the documentation strings of a module or fragment, by name."""
    found: dict[str, str] = {}
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Constant):
            continue
        for target in node.targets:
            if isinstance(target, ast.Name) and isinstance(node.value.value, str):
                found[target.id] = node.value.value
    return found


def options_of(source: str, fragments: Path) -> dict[str, Any]:
    """Return all options of a module, those of our own fragments included."""
    document = yaml.safe_load(documents(source)["DOCUMENTATION"])
    options: dict[str, Any] = {}
    names = document.get("extends_documentation_fragment") or []
    for name in [names] if isinstance(names, str) else names:
        prefix, _dot, rest = name.rpartition(f"{COLLECTION}.")
        if prefix or not rest:
            continue
        file, _dot, variant = rest.partition(".")
        options.update(fragment(fragments / f"{file}.py", variant or "documentation").get("options") or {})
    options.update(document.get("options") or {})
    return options


def fragment(path: Path, variant: str) -> dict[str, Any]:
    """Return one document of a fragment. It is run, as Ansible does: it may be made of parts."""
    text = getattr(runpy.run_path(str(path))["ModuleDocFragment"], variant.upper())
    return dict(yaml.safe_load(text))


def names_of(options: Mapping[str, Any]) -> set[str]:
    """Return every name that an option goes by."""
    return {*options, *(alias for option in options.values() for alias in option.get("aliases") or [])}


def is_template(value: object) -> bool:
    """Tell whether a value is known only when the task runs."""
    return isinstance(value, str) and "{{" in value


def misuse(value: object, options: Mapping[str, Any], where: str) -> Iterator[str]:
    """Say which parts of ``value`` are no option, lack a required one, or are not among an option's choices."""
    if not isinstance(value, Mapping):
        if not is_template(value) and value is not None:
            yield f"{where} is no mapping"
        return
    for name in sorted(set(map(str, value)) - names_of(options)):
        yield f"{where}.{name} is no option"
    for name, option in options.items():
        given = next((value[key] for key in (name, *(option.get("aliases") or [])) if key in value), None)
        if given is None:
            if option.get("required"):
                yield f"{where} lacks {name}"
            continue
        yield from _misuse_of_one(given, option, f"{where}.{name}")


def _misuse_of_one(given: object, option: Mapping[str, Any], where: str) -> Iterator[str]:
    if is_template(given):
        return
    for chosen in given if isinstance(given, list) else [given]:
        if option.get("choices") and chosen not in option["choices"]:
            yield f"{where} {chosen!r} is none of {option['choices']}"
    if option.get("type") == "list" and not isinstance(given, (list, str)):
        yield f"{where} is no list"
    if option.get("suboptions"):
        for number, item in enumerate(given if isinstance(given, list) else [given]):
            yield from misuse(item, option["suboptions"], f"{where}[{number}]" if isinstance(given, list) else where)


def tasks_of(node: object) -> Iterator[Mapping[str, Any]]:
    """Return every task of a list of tasks or plays, those inside blocks included."""
    for entry in node if isinstance(node, list) else [node]:
        if not isinstance(entry, Mapping):
            continue
        sections = [section for section in SECTIONS_OF_TASKS if section in entry]
        for section in sections:
            yield from tasks_of(entry[section])
        if not sections:
            yield entry


def misuse_in(text: str, modules: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Say what is wrong with uses of our own modules in a YAML text; ``modules`` has their options by short name."""
    try:
        tasks = list(tasks_of(yaml.safe_load(text)))
    except yaml.YAMLError as error:
        return [f"no valid YAML: {error}"]
    problems: list[str] = []
    for task in tasks:
        for key, value in task.items():
            prefix, _dot, name = str(key).rpartition(".")
            if prefix != COLLECTION:
                continue
            problems += [f"{key} is no module"] if name not in modules else misuse(value or {}, modules[name], name)
    return problems


def uses(text: str) -> set[str]:
    """Return the short names of our own modules that a YAML text uses."""
    keys = {str(key) for task in tasks_of(yaml.safe_load(text)) for key in task}
    return {key.rpartition(".")[2] for key in keys if key.rpartition(".")[0] == COLLECTION}

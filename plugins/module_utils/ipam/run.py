# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The frame of every IPAM module: one transaction around the work, one result or one readable error after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ..errors import Contention, InvalidInput, NovaError
from ..wiring import render_diff
from .copying import copy_ipam, shown_place
from .inputs import read_text
from .quotas import quotas_kept
from .sql import MISSING_LIBRARY
from .store import Caller, Transaction, reading, transaction

# How often the same is tried when the database lets others go first.
ATTEMPTS = 5

Operation = Callable[[Transaction, Mapping[str, Any]], Mapping[str, Any]]


def run_ipam_module(module: AnsibleModule, operate: Operation) -> None:
    """Do the work of an IPAM module in one transaction, and leave.

    :param operate: (transaction, options) to the results of the module. When the database undoes the transaction in
        favour of another one, it is called again with a new one.
    """
    require_library(module)
    url = database_url(module, "database")
    options = module.params
    try:
        actor = read_text(options["actor"], "actor") if options["actor"] else ""
        caller = Caller(actor=actor, origin=options["origin"], check=module.check_mode)
        work, results = run_operation(url, caller, operate, options)
    except NovaError as error:
        module.fail_json(msg=str(error), subject=error.subject, reason=error.reason, hint=error.hint)
    for warning in work.warnings:
        module.warn(warning)
    module.exit_json(**ipam_result(work), **results)


def run_ipam_info_module(module: AnsibleModule, look: Operation) -> None:
    """Let a module look around in a database that exists, and leave. Nothing is changed, nothing is made.

    :param look: (transaction, options) to the results of the module.
    """
    require_library(module)
    url = database_url(module, "database")
    try:
        with reading(url) as work:
            results = look(work, module.params)
    except NovaError as error:
        module.fail_json(msg=str(error), subject=error.subject, reason=error.reason, hint=error.hint)
    module.exit_json(changed=False, **results)


def run_copy_module(module: AnsibleModule) -> None:
    """Copy an IPAM from the place that a module names to the other one, and leave."""
    require_library(module)
    source, target = database_url(module, "source"), database_url(module, "target")
    try:
        options = module.params
        copied = copy_ipam(source, target, options["replace"], options["minimum_generation"], module.check_mode)
    except NovaError as error:
        module.fail_json(msg=str(error), subject=error.subject, reason=error.reason, hint=error.hint)
    changes = copied.changes()
    result: dict[str, Any] = {"changed": bool(changes), "changes": changes, **copied.after.summary()}
    if changes:
        before = copied.before.summary() if copied.before else {}
        result["diff"] = render_diff(before, copied.after.summary())
    module.exit_json(**result)


def require_library(module: AnsibleModule) -> None:
    """Leave with a message that names the database library when that is missing."""
    if MISSING_LIBRARY is not None:
        module.fail_json(msg=missing_required_lib("SQLAlchemy (1.4 or later)"), exception=MISSING_LIBRARY)


def database_url(module: AnsibleModule, name: str) -> str:
    """Take the URL of a database out of an option; from then on results show it without its passwords.

    The option has ``no_log``, so that the system log and errors of other options do not show it at all. As a rule for
    results that would be too much: a password is hidden wherever it occurs, and it may be the name of a project.
    """
    url: str = module.params[name]
    module.no_log_values.discard(url)
    module.params[name] = shown_place(url)
    return url


def run_operation(
    url: str, caller: Caller, operate: Operation, options: Mapping[str, Any]
) -> tuple[Transaction, Mapping[str, Any]]:
    attempt = 1
    while True:
        try:
            with transaction(url, caller) as work, quotas_kept(work, options):
                results = operate(work, options)
            return work, results
        except Contention:
            if attempt == ATTEMPTS:
                raise
            attempt += 1


def ipam_result(work: Transaction) -> dict[str, Any]:
    """Return what every IPAM module returns."""
    result: dict[str, Any] = {
        "changed": bool(work.changes),
        "changes": [change.describe() for change in work.changes],
    }
    if work.changes:
        before, after = work.difference()
        result["diff"] = render_diff(before, after)
    return result


def listed_items(
    options: Mapping[str, Any], key: str, purge: str = "purge", consent: str = "allow_empty_purge"
) -> Sequence[Mapping[str, Any]] | None:
    """Return a list option: None when it was omitted (what it manages stays as it is).

    :raises InvalidInput: everything would be removed without consent.
    """
    items: Sequence[Mapping[str, Any]] | None = options[key]
    if items is not None and not items and options[purge] and not options[consent]:
        raise InvalidInput(
            f"{key} []", f"together with {purge} would remove everything", f"Set {consent} to true if that is meant."
        )
    return items

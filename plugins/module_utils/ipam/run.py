# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The frame of every IPAM module: one transaction around the work, one result or one readable error after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ..errors import InvalidInput, NovaError
from ..wiring import render_diff
from .inputs import read_text
from .quotas import quotas_kept
from .sql import MISSING_LIBRARY
from .store import Caller, Transaction, reading, transaction


def run_ipam_module(
    module: AnsibleModule, operate: Callable[[Transaction, Mapping[str, Any]], Mapping[str, Any]]
) -> None:
    """Do the work of an IPAM module in one transaction, and leave.

    :param operate: (transaction, options) to the results of the module. It is called once.
    """
    if MISSING_LIBRARY is not None:
        module.fail_json(msg=missing_required_lib("SQLAlchemy (1.4 or later)"), exception=MISSING_LIBRARY)
    options = module.params
    try:
        actor = read_text(options["actor"], "actor") if options["actor"] else ""
        caller = Caller(actor=actor, origin=options["origin"], check=module.check_mode)
        with transaction(options["database"], caller) as work, quotas_kept(work, options):
            results = operate(work, options)
    except NovaError as error:
        module.fail_json(msg=str(error), subject=error.subject, reason=error.reason, hint=error.hint)
    for warning in work.warnings:
        module.warn(warning)
    module.exit_json(**ipam_result(work), **results)


def run_ipam_info_module(
    module: AnsibleModule, look: Callable[[Transaction, Mapping[str, Any]], Mapping[str, Any]]
) -> None:
    """Let a module look around in a database that exists, and leave. Nothing is changed, nothing is made.

    :param look: (transaction, options) to the results of the module.
    """
    if MISSING_LIBRARY is not None:
        module.fail_json(msg=missing_required_lib("SQLAlchemy (1.4 or later)"), exception=MISSING_LIBRARY)
    try:
        with reading(module.params["database"]) as work:
            results = look(work, module.params)
    except NovaError as error:
        module.fail_json(msg=str(error), subject=error.subject, reason=error.reason, hint=error.hint)
    module.exit_json(changed=False, **results)


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

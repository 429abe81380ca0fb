# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules have in common that may change the link of the controller's own connection."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable, Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from .errors import NovaError
from .host.guard import Place
from .host.guard_arm import Protection
from .host.guard_copy import guard_sources
from .host.link.access import Access
from .host.reconcile import Request, Subsystem
from .host.runner import SystemRunner
from .wiring import host_module, run_host_module

LINK_ARGUMENTS: dict[str, Any] = {
    "allow_management_interface": {"type": "bool", "default": False},
    "management_address": {"type": "str"},
    "rollback_seconds": {"type": "int", "default": 60},
}


def link_module(arguments: Mapping[str, Any]) -> AnsibleModule:
    """Return the module object of a module that changes links."""
    return host_module({**LINK_ARGUMENTS, **arguments})


def run_link_module(
    module: AnsibleModule,
    key: str,
    build: Callable[[Mapping[str, Any], Request, Access], tuple[Subsystem[Any, Any], Mapping[str, Any]]],
) -> None:
    """Reconcile a subsystem of links and leave; the result tells which guard is to be confirmed.

    :param key: the option that lists what is managed, and the name of the subsystem.
    :param build: (options, request, access) to the subsystem and the slice to apply.
    """
    try:
        protection = _protection(module, key)
    except NovaError as error:
        module.fail_json(msg=str(error), subject=error.subject, reason=error.reason, hint=error.hint)
    options = module.params
    access = Access(options["management_address"] or "", options["allow_management_interface"], protection)
    run_host_module(
        module,
        key,
        lambda given, request: build(given, request, access),
        lambda after: {"guard": (protection.id or None) if after["guarded"] else None},
    )


def _protection(module: AnsibleModule, subsystem: str) -> Protection:
    options = module.params
    protection = Protection(
        place=Place(options["state_path"], options["owner"], subsystem),
        id="" if module.check_mode else secrets.token_hex(4),
        seconds=options["rollback_seconds"],
        sources=guard_sources,
        interpreter=sys.executable,
    )
    if not module.check_mode:
        protection.settle(SystemRunner())
    return protection

# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Between Ansible and the storeys: options in, one result out. The only place that knows an AnsibleModule."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from .errors import InvalidInput, NovaError
from .host.reconcile import Outcome, Request, Subsystem, reconcile
from .host.runner import SystemRunner

HOST_ARGUMENTS: dict[str, Any] = {
    "owner": {"type": "str", "default": "nova"},
    "state_path": {"type": "path", "default": "/var/lib/novanet"},
    "ipam_uuid": {"type": "str"},
    "generation": {"type": "int"},
    "purge": {"type": "bool", "default": False},
    "allow_empty_purge": {"type": "bool", "default": False},
    "set_aside_damaged": {"type": "bool", "default": False},
}

IPAM_ARGUMENTS: dict[str, Any] = {
    "database": {"type": "str", "default": "sqlite:////var/lib/novanet/ipam.sqlite", "no_log": True},
    "actor": {"type": "str"},
    "origin": {"type": "str", "choices": ["inventory", "operation"], "default": "operation"},
}


def host_module(arguments: Mapping[str, Any], **conditions: Any) -> AnsibleModule:
    """Return the module object of a HOST module: its own options and those that every HOST module has."""
    return AnsibleModule({**HOST_ARGUMENTS, **arguments}, supports_check_mode=True, **conditions)


def ipam_module(arguments: Mapping[str, Any], **conditions: Any) -> AnsibleModule:
    """Return the module object of an IPAM module: its own options and those that every IPAM module has."""
    return AnsibleModule({**IPAM_ARGUMENTS, **arguments}, supports_check_mode=True, **conditions)


def host_request(module: AnsibleModule) -> Request:
    """Return who asks for a change of a host, from the options that every HOST module has."""
    options = module.params
    return Request(
        owner=options["owner"],
        state_path=options["state_path"],
        ipam_uuid=options["ipam_uuid"],
        generation=options["generation"],
        check=module.check_mode,
        follows=options.get("phase") == "remove",
        set_aside=options["set_aside_damaged"],
    )


def present_items(options: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return the part of a HOST module's options that says what shall be: ``key`` and how far it reaches.

    :raises InvalidInput: everything would be removed without consent.
    """
    items = options[key] or []
    if options["purge"] and not items and not options["allow_empty_purge"]:
        raise InvalidInput(
            f"{key} []",
            "together with purge would remove everything",
            "Set allow_empty_purge to true if that is meant.",
        )
    return {key: items, "purge": options["purge"]}


def run_host_module(
    module: AnsibleModule,
    key: str,
    build: Callable[[Mapping[str, Any], Request], tuple[Subsystem[Any, Any], Mapping[str, Any]]],
    extra: Callable[[Any], Mapping[str, Any]] = lambda after: {},
) -> None:
    """Reconcile one subsystem and leave.

    :param key: the option that lists what is managed; the result has the managed things under the same name.
    :param build: (options, request) to the subsystem and the slice to apply (plain data).
    :param extra: further results, made of the view of the host afterwards.
    """
    try:
        if module.params[key] is None:
            module.exit_json(changed=False, changes=[], **{key: []})
        request = host_request(module)
        subsystem, applied = build(module.params, request)
        outcome = reconcile(subsystem, applied, SystemRunner(), request)
        further = extra(outcome.after)
    except NovaError as error:
        module.fail_json(msg=str(error), subject=error.subject, reason=error.reason, hint=error.hint)
    for note in outcome.notes:
        module.warn(note)
    module.exit_json(**host_result(key, outcome), **further)


def host_result(key: str, outcome: Outcome) -> dict[str, Any]:
    """Return what every HOST module returns. A view of several results, ``key`` among them, is returned as these."""
    several = isinstance(outcome.after, Mapping) and key in outcome.after
    result: dict[str, Any] = {
        "changed": bool(outcome.changes),
        "changes": [change.describe() for change in outcome.changes],
        **(outcome.after if several else {key: outcome.after}),
        **({} if outcome.pending is None else {"pending": outcome.pending}),
    }
    if outcome.changes:
        result["diff"] = render_diff(outcome.before, outcome.after)
    return result


def render_diff(before: Any, after: Any) -> dict[str, str]:
    """Return the difference of two documents in the form that Ansible prints."""
    return {
        side: json.dumps(document, indent=2, sort_keys=True, default=str) + "\n"
        for side, document in (("before", before), ("after", after))
    }

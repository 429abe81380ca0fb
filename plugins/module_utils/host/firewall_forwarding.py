# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The host's switches for forwarding: one for all owners, turned on by the first and put back by the last.

A host that forwards IPv6 no longer heeds router advertisements (RFC 4861, 6.2.2, and the kernel's ``accept_ra``): the
default route that it learnt by one is gone, and an address runs out, unless its interface is told to heed them all the
same, before.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..errors import HostError
from .advertisements import HEEDS_ALWAYS, HEEDS_AS_HOST, heeding_path
from .journal import journal_path, load_journal
from .runner import Runner

SYSCTL = "/proc/sys"
# In the journal: interfaces that heed router advertisements because we said so.
HEEDING = "accept_ra"


@dataclass(frozen=True)
class Switch:
    """A switch of the kernel.

    :param name: as sysctl calls it.
    :param before: key in the journal of the value that it had before any of us turned it on.
    :param serves: key in the journal of what it is turned on for.
    """

    name: str
    before: str
    serves: str

    @property
    def path(self) -> str:
        """The file of the switch."""
        return f"{SYSCTL}/{self.name.replace('.', '/')}"


IPV4 = Switch("net.ipv4.ip_forward", "ip_forward_before", "networks")
IPV6 = Switch("net.ipv6.conf.all.forwarding", "ipv6_forwarding_before", "prefixes")


@dataclass(frozen=True)
class Forwarding:
    """A switch as it is, and who else counts on it.

    :param value: ``1`` when the host forwards.
    :param needed: True when another owner on this host needs it.
    :param before: the value before, as another owner remembers it.
    :param heeding: ``accept_ra`` of interfaces that a default route or an address was learnt by, or that we told to.
    :param theirs: interfaces that another owner, who needs the switch, told to heed router advertisements.
    """

    value: str
    needed: bool = False
    before: str | None = None
    heeding: Mapping[str, str] | None = None
    theirs: frozenset[str] = frozenset()

    def settled(self, value: str, heeding: Mapping[str, str] | None = None) -> Forwarding:
        """Return it as it is once it has a value, and ``accept_ra`` of interfaces as well."""
        return replace(self, value=value, heeding={**(self.heeding or {}), **(heeding or {})})


def read_forwarding(
    runner: Runner, state_path: str, owner: str, subsystem: str, switch: Switch, wanted: bool
) -> Forwarding:
    """Read a switch, and the journals of other owners.

    :param wanted: whether it is to be turned on.
    :raises HostError: this kernel has no such switch, and it is wanted.
    """
    value = runner.read(switch.path)
    if value is None and wanted:
        raise HostError(f"file {switch.path}", "does not exist", "This host lacks the protocol, or /proc.")
    others = [
        load_journal(runner, journal_path(state_path, name, subsystem)).owned
        for name in runner.names(state_path)
        if name != owner
    ]
    relying = [owned for owned in others if owned.get("forwarding") and owned.get(switch.serves)]
    before = next(filter(None, (owned.get(switch.before) for owned in relying)), None)
    theirs = frozenset(str(name) for owned in relying for name in owned.get(HEEDING, ()))
    return Forwarding((value or "0").strip(), bool(relying), before, theirs=theirs)


def read_heeding(runner: Runner, known: tuple[str, ...]) -> dict[str, str]:
    """Return ``accept_ra`` of the interfaces that learnt a default route or an address, and of known ones.

    Others are left alone, and so is ``default``: what comes later are ports and bridges of guests, who must not be
    heeded. A bridge that takes the place of an interface follows it (see ``nova_bridge``).
    """
    routes = _documents(runner, "route", "show", "default", "proto", "ra")
    links = _documents(runner, "address", "show", "scope", "global", "dynamic")
    learnt = [link for link in links if any(link.get("addr_info", ()))]
    names = {*known, *(str(route["dev"]) for route in routes if route.get("dev"))}
    names |= {str(link["ifname"]) for link in learnt}
    values = {name: runner.read(heeding_path(name)) for name in sorted(names)}
    return {name: value.strip() for name, value in values.items() if value is not None}


def _documents(runner: Runner, *words: str) -> list[dict[str, Any]]:
    return list(json.loads(runner.run(("ip", "-6", "-j", *words)).out or "[]"))


def plan_forwarding(wanted: bool, have: Forwarding, before: str | None) -> tuple[str, str | None]:
    """Return the value that the switch shall have, and the value to remember for the day that we leave.

    :param before: the value before that we remember; None when we found it turned on.
    """
    if wanted:
        found = have.before if have.value == "1" else have.value
        return "1", found if before is None else before
    return (have.value if before is None or have.needed else before), None


def plan_heeding(wanted: bool, have: Forwarding, known: tuple[str, ...]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return ``accept_ra`` of the interfaces where it shall change, and those to remember.

    :param wanted: whether the host shall forward for us; if not, what we changed is put back.
    :param known: interfaces that we told to heed router advertisements.
    """
    heeding = have.heeding or {}
    if wanted:
        # What another owner told is remembered by us too, for the last one to put back.
        told = have.theirs.union(known)
        ours = tuple(name for name, value in heeding.items() if value == HEEDS_AS_HOST or name in told)
        return {name: HEEDS_ALWAYS for name in ours if heeding[name] == HEEDS_AS_HOST}, ours
    if have.needed:
        return {}, ()
    return {name: HEEDS_AS_HOST for name in known if heeding.get(name) == HEEDS_ALWAYS}, ()


def remembered(owned: Mapping[str, Any], switch: Switch) -> str | None:
    """Return the value before, as our own journal remembers it."""
    value = owned.get(switch.before)
    return None if value is None else str(value)


def turn(runner: Runner, switch: Switch, value: str | None) -> None:
    """Turn a switch; None leaves it alone."""
    if value is not None:
        runner.write(switch.path, f"{value}\n")


def set_heeding(runner: Runner, values: Mapping[str, str]) -> None:
    """Let interfaces heed router advertisements, or no longer while the host forwards."""
    for name, value in values.items():
        runner.write(heeding_path(name), f"{value}\n")

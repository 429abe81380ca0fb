# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an instance is to be, worked out from what was asked for and from what there is, before anything is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from ..errors import Conflict, InvalidInput, NotFound, NovaError
from .group_members import Groups, groups_of_project
from .inputs import dotted, shown
from .instances_inputs import WantedInstance, WantedNic, default_hostname, default_uuid
from .instances_ports import match_nics
from .instances_rows import StoredInstance, StoredPort
from .network_choice import networks_for_instance
from .store import Transaction

Result = TypeVar("Result")


@dataclass(frozen=True)
class Plug:
    """A NIC of an instance: the network's row, and the port when it exists already."""

    nic: WantedNic
    network: Any
    port: StoredPort | None

    @property
    def changes_address(self) -> bool:
        """Return True when the port exists and is to have another fixed address."""
        return self.port is not None and self.nic.address not in (None, self.port.address)


@dataclass(frozen=True)
class Draft:
    """An instance as it is to be.

    :param stored: as it is; None for a new one.
    :param next_host: where it is about to move to; None for nowhere.
    :param plugs: its NICs in order; None when the NICs that it has stay as they are.
    :param groups: the security groups that it shall be in; None when they stay as they are.
    """

    item: WantedInstance
    stored: StoredInstance | None
    uuid: str
    project: str
    host: str
    next_host: str | None
    hostname: str
    plugs: tuple[Plug, ...] | None
    groups: Groups | None = None

    @property
    def unplugged(self) -> tuple[StoredPort, ...]:
        """Return the ports that go."""
        if self.stored is None or self.plugs is None:
            return ()
        kept = {plug.port.id for plug in self.plugs if plug.port is not None}
        return tuple(port for port in self.stored.ports if port.id not in kept)

    @property
    def readdressed(self) -> tuple[StoredPort, ...]:
        """Return the ports that stay and are to have another fixed address."""
        return tuple(plug.port for plug in self.plugs or () if plug.port is not None and plug.changes_address)

    @property
    def is_reordered(self) -> bool:
        """Return True when a port that stays gets another position."""
        plugs = enumerate(self.plugs or ())
        return any(plug.port is not None and plug.port.position != position for position, plug in plugs)

    def differences(self) -> list[str]:
        """Return what changes of an instance that exists, in words."""
        if self.stored is None:
            return []
        words = [
            f"{name} {old or 'none'} -> {new or 'none'}"
            for name, old, new in (
                ("host", self.stored.host, self.host),
                ("next_host", self.stored.next_host, self.next_host),
                ("hostname", self.stored.hostname, self.hostname),
            )
            if old != new
        ]
        if self.groups is not None and self.groups != self.stored.groups:
            old, new = (", ".join(groups) or "none" for groups in (self.stored.groups, self.groups))
            words.append(f"security groups {old} -> {new}")
        words += [f"NIC removed from {port.network} {port.mac}" for port in self.unplugged]
        for plug in self.plugs or ():
            if plug.port is None:
                words.append(f"NIC added to {plug.network.label}")
            elif plug.changes_address:
                words.append(f"NIC {plug.port.mac} gets address {dotted(plug.nic.address or 0)}")
        return words or (["NICs in another order"] if self.is_reordered else [])


class Drafter:
    """Works out instances one after the other; asks for each network once.

    :param manager: the manager whose networks an instance gets that names none.
    """

    def __init__(self, work: Transaction, manager: str) -> None:
        self._work = work
        self._manager = manager
        self._usual: dict[str, list[Any]] = {}
        self._named: dict[tuple[str, str], Any] = {}
        self._of_project: dict[str, Groups] = {}

    def draft(self, item: WantedInstance, stored: StoredInstance | None) -> Draft:
        """Return what an instance is to be.

        :raises NovaError: something is missing, does not exist, or cannot be changed.
        """
        if stored is None:
            project = _needed(item.project, f"{item.where}.project")
            host = _needed(item.host, f"{item.where}.host")
            hostname = item.hostname or default_hostname(item.name)
            identity = item.uuid or default_uuid(item.name)
        else:
            _refuse_change(f"{item.where}.project", item.project, stored.project)
            _refuse_change(f"{item.where}.uuid", item.uuid, stored.uuid)
            project, identity = stored.project, stored.uuid
            host, hostname = item.host or stored.host, item.hostname or stored.hostname
        next_host = _next_host(item, stored, host)
        plugs, groups = self._plugs(item, stored, project), self._groups(item, project)
        return Draft(item, stored, identity, project, host, next_host, hostname, plugs, groups)

    def _groups(self, item: WantedInstance, project: str) -> Groups | None:
        if item.groups is None:
            return None
        if item.groups and project not in self._of_project:
            self._of_project[project] = groups_of_project(self._work, project)
        known = self._of_project.get(project, {})
        for index, name in enumerate(item.groups):
            if name not in known:
                raise NotFound(
                    f"{item.where}.security_groups[{index}] {shown(name)}",
                    f"is no security group of project {shown(project)}",
                    "List it in security_groups, or make it with nova_security_group.",
                )
        return {name: known[name] for name in sorted(item.groups)}

    def _plugs(self, item: WantedInstance, stored: StoredInstance | None, project: str) -> tuple[Plug, ...] | None:
        if item.nics is not None:
            ports = match_nics(item.nics, stored.ports if stored else ())
            return tuple(Plug(nic, self._network(nic, project), port) for nic, port in zip(item.nics, ports))
        if stored is not None:
            return None
        where = f"{item.where}.nics"
        if project not in self._usual:
            self._usual[project] = _at(
                f"{where}: project {project}", lambda: networks_for_instance(self._work, self._manager, project)
            )
        return tuple(Plug(WantedNic(where, row.label), row, None) for row in self._usual[project])

    def _network(self, nic: WantedNic, project: str) -> Any:
        key = (project, nic.network)
        if key not in self._named:
            self._named[key] = _at(
                f"{nic.where}.network {nic.network}",
                lambda: networks_for_instance(self._work, self._manager, project, [nic.network]),
            )[0]
        return self._named[key]


def _at(where: str, ask: Callable[[], Result]) -> Result:
    """Let an error name the position of what was asked for."""
    try:
        return ask()
    except NovaError as error:
        raise type(error)(where, error.reason, error.hint) from error


def _next_host(item: WantedInstance, stored: StoredInstance | None, host: str) -> str | None:
    """Return where an instance is about to move to. A change of its host ends the move, unless a next one is named."""
    if item.next_host is not None:
        if item.next_host == host:
            raise Conflict(
                f"{item.where}.next_host {host}",
                "is the host that the instance runs on",
                "Leave it out when the move is over, or leave the host as it is while it is under way.",
            )
        return item.next_host or None
    return stored.next_host if stored is not None and stored.host == host else None


def _needed(value: str | None, where: str) -> str:
    if value is None:
        raise InvalidInput(where, "is missing", "A new instance needs it.")
    return value


def _refuse_change(where: str, wanted: str | None, stored: str) -> None:
    if wanted not in (None, stored):
        raise Conflict(
            f"{where} {wanted}", f"cannot be changed: the instance has {stored}", "Delete the instance first."
        )

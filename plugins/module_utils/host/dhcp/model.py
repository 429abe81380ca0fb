# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What DHCP on a host consists of: servers, networks, hosts, leases, and the state they are in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

CONF_FILE = "conf"
HOSTS_FILE = "hosts"
OPTIONS_FILE = "opts"
LEASE_FILE = "leases"
PID_FILE = "pid"
LOADED_FILE = "loaded"
# What dnsmasq runs when a lease comes or goes, and what that writes down until it is collected.
SCRIPT_FILE = "script"
EVENTS_FILE = "events"
OWN_FILES = (CONF_FILE, HOSTS_FILE, OPTIONS_FILE, LEASE_FILE, PID_FILE, LOADED_FILE, SCRIPT_FILE, EVENTS_FILE)
_COLLECTED = re.compile(rf"{EVENTS_FILE}\.(?P<number>\d+)")


def collected_number(name: str) -> int | None:
    """Return the number of the first event in a file of collected events; None for another file."""
    match = _COLLECTED.fullmatch(name)
    return int(match["number"]) if match else None


def is_own(name: str) -> bool:
    """Return whether a file in the directory of a server is one that we make there."""
    return name in OWN_FILES or collected_number(name) is not None


@dataclass(frozen=True)
class Places:
    """Where the files of an owner's servers lie: ``{state_path}/{owner}/dnsmasq/{bridge}/``."""

    state_path: str
    owner: str

    @property
    def base(self) -> str:
        """Directory that has one directory a bridge."""
        return f"{self.state_path}/{self.owner}/dnsmasq"

    def directory(self, bridge: str) -> str:
        """Directory of one server."""
        return f"{self.base}/{bridge}"

    def file(self, bridge: str, name: str) -> str:
        """One file of one server."""
        return f"{self.base}/{bridge}/{name}"


@dataclass(frozen=True)
class Lease:
    """A lease as dnsmasq keeps it. ``expires`` is in seconds since 1970, 0 for never."""

    expires: int
    mac: str
    address: str
    hostname: str | None = None


@dataclass(frozen=True)
class LeaseV6:
    """A lease by DHCPv6. ``client`` is the identifier that its client gave itself (DUID, RFC 8415)."""

    address: str
    client: str


@dataclass(frozen=True)
class LeaseEvent:
    """A lease that came or went, as the server's script wrote it down.

    :param number: greater than those of all earlier events of the server.
    :param at: when, in seconds since 1970; None when nothing tells.
    :param action: ``add`` or ``del``.
    """

    number: int
    at: int | None
    action: str
    mac: str
    address: str
    hostname: str | None = None


@dataclass(frozen=True)
class DhcpHost:
    """A guest's network interface that is served.

    :param hostname: the name it is given, without domain, at most 63 characters; None for no name.
    :param default_route: False when the guest shall not learn a router here (it has one on another interface).
    """

    mac: str
    address: str
    hostname: str | None = None
    default_route: bool = True


@dataclass(frozen=True)
class DhcpNetwork:
    """A network on a bridge.

    :param server: the listen address that lies in the network: who answers here.
    :param router: the gateway that guests learn; None for none.
    :param dns: name servers that guests learn; empty for ``server``.
    :param hosts: sorted by address.
    """

    label: str
    cidr: str
    dhcp_start: str
    server: str
    router: str | None = None
    dns: tuple[str, ...] = ()
    mtu: int | None = None
    hosts: tuple[DhcpHost, ...] = ()


@dataclass(frozen=True)
class PrefixHost:
    """A guest's network interface that gets an IPv6 address."""

    mac: str
    address: str
    hostname: str | None = None


@dataclass(frozen=True)
class DhcpPrefix:
    """An IPv6 network on a bridge, of 64 bits: guests may make their addresses of their MACs.

    :param address: the bridge's own address in it.
    :param dns: name servers that guests learn; empty for ``address``.
    :param default_route: whether the host is the router of the guests.
    :param hosts: sorted by address.
    """

    label: str
    cidr: str
    address: str
    dns: tuple[str, ...] = ()
    mtu: int | None = None
    default_route: bool = True
    hosts: tuple[PrefixHost, ...] = ()


@dataclass(frozen=True)
class DhcpServer:
    """One dnsmasq: it serves one bridge.

    :param dns_servers: whom it asks in turn; empty for those of the host.
    :param leases: leases of its guests that another host gave, for it to go on with.
    """

    bridge: str
    listen_addresses: tuple[str, ...]
    domain: str
    lease_time: int
    dns_servers: tuple[str, ...]
    networks: tuple[DhcpNetwork, ...]
    leases: tuple[Lease, ...] = ()
    prefixes: tuple[DhcpPrefix, ...] = ()

    @property
    def own_addresses(self) -> tuple[str, ...]:
        """What the bridge must have for it."""
        return (*self.listen_addresses, *(prefix.address for prefix in self.prefixes))


@dataclass(frozen=True)
class Want:
    """What shall be.

    :param absent: bridges whose server shall go.
    :param purge: whether servers of this owner that are not listed shall go.
    :param force_release: whether leases of hosts that are not listed are ended at once.
    :param supervisor: ``auto``, ``systemd`` or ``process``.
    """

    servers: tuple[DhcpServer, ...]
    absent: tuple[str, ...]
    purge: bool
    force_release: bool
    supervisor: str


@dataclass(frozen=True)
class Texts:
    """The files that a server reads, and the script that it runs; None for one that is missing."""

    conf: str | None = None
    hosts: str | None = None
    options: str | None = None
    script: str | None = None

    def by_name(self) -> dict[str, str | None]:
        """Return the texts under the names of their files."""
        return {CONF_FILE: self.conf, HOSTS_FILE: self.hosts, OPTIONS_FILE: self.options, SCRIPT_FILE: self.script}


@dataclass(frozen=True)
class ServerState:
    """A server as it is.

    :param exists: whether anything of it is on the disk.
    :param conf_loaded: whether it was started with ``texts.conf``.
    :param files_loaded: whether it was told to read ``texts.hosts`` and ``texts.options``.
    :param pid: its process; None when there is none, or when it is not known yet.
    :param running: whether that process listens for DHCP on the bridge.
    :param supervisor: who looks after the process (``systemd`` or ``process``); None when it does not run.
    :param stale: leases of hosts that are not to be served, if they are to be ended.
    :param missing: leases that are to be taken over and that it does not have.
    :param stale_v6: as ``stale``, by DHCPv6.
    """

    bridge: str
    exists: bool = False
    texts: Texts = Texts()
    conf_loaded: bool = False
    files_loaded: bool = False
    pid: int | None = None
    running: bool = False
    supervisor: str | None = None
    leases: tuple[Lease, ...] = ()
    stale: tuple[Lease, ...] = ()
    missing: tuple[Lease, ...] = ()
    stale_v6: tuple[LeaseV6, ...] = ()


@dataclass(frozen=True)
class Have:
    """All managed servers by bridge.

    :param supervisor: who looks after servers on this host: ``systemd`` or ``process``.
    :param systemd: whether systemd runs here, so that units of ours may exist.
    """

    servers: Mapping[str, ServerState]
    supervisor: str
    systemd: bool = False


@dataclass(frozen=True)
class ServerStep:
    """What is to be done about one server.

    :param action: ``start``, ``restart``, ``reload``, ``rewrite`` (the script only), ``release`` (leases only) or
        ``remove``.
    :param texts: the files as they shall be; empty for ``remove``.
    :param listen_addresses: what the bridge must have before.
    :param releases: leases to end.
    :param takeovers: leases to add.
    """

    bridge: str
    action: str
    before: ServerState
    texts: Texts = Texts()
    listen_addresses: tuple[str, ...] = ()
    releases: tuple[Lease, ...] = ()
    takeovers: tuple[Lease, ...] = ()


@dataclass(frozen=True)
class Unreleased:
    """A lease that could not be ended, and why. It ends by itself when its time is over."""

    bridge: str
    lease: Lease
    reason: str

# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lease files, sockets and processes: what is read from them, and what is done about them."""

from __future__ import annotations

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import HostError
from ansible_collections.novanet.network.plugins.module_utils.host.dhcp import leases as leases_module
from ansible_collections.novanet.network.plugins.module_utils.host.dhcp import process as process_module
from ansible_collections.novanet.network.plugins.module_utils.host.dhcp.leases import (
    parse_leases,
    release,
    stale_leases,
    without_leases,
)
from ansible_collections.novanet.network.plugins.module_utils.host.dhcp.model import Lease
from ansible_collections.novanet.network.plugins.module_utils.host.dhcp.parse import parse_want
from ansible_collections.novanet.network.plugins.module_utils.host.dhcp.process import (
    Socket,
    find_process,
    is_gone,
    is_ours,
    listens,
    parse_sockets,
    stop_process,
    strangers,
)

from tests.unit.plugins.module_utils.host.dhcp_host import FakeHost

TEXT = (
    "1795550146 fa:16:3e:00:00:02 192.168.7.9 web 01:fa:16:3e:00:00:02\n"
    "0 FA:16:3E:00:00:03 10.0.0.3 * *\n"
    "duid 00:01:00:01:2e:aa:bb:cc:fa:16:3e:00:00:01\n"
    "1795550146 123456 2001:db8::5 web 00:01\n"
    "damaged line\n"
    "1795550146 fa:16:3e:00:00:04 10.0.0.4"
)
WEB = Lease(1795550146, "fa:16:3e:00:00:02", "192.168.7.9", "web")
NAMELESS = Lease(0, "fa:16:3e:00:00:03", "10.0.0.3")
CONF = "/var/lib/novanet/nova/dnsmasq/br100/conf"
LEASES = CONF.replace("conf", "leases")


def test_only_whole_ipv4_leases_are_read() -> None:
    assert parse_leases(TEXT) == (WEB, NAMELESS)
    assert parse_leases(None) == parse_leases("") == ()


def test_a_lease_is_stale_unless_mac_and_address_belong_together() -> None:
    hosts = [
        {"mac": "fa:16:3e:00:00:02", "address": "192.168.7.9"},
        {"mac": "fa:16:3e:00:00:03", "address": "192.168.7.3"},
    ]
    network = {"label": "a", "cidr": "192.168.7.0/24", "hosts": hosts}
    server = {"bridge": "br100", "listen_addresses": ["192.168.7.1"], "networks": [network]}
    assert stale_leases((WEB, NAMELESS), parse_want({"servers": [server]}).servers[0]) == (NAMELESS,)


def test_taking_leases_out_leaves_every_other_line_as_it_was() -> None:
    kept = without_leases(TEXT, [WEB])
    assert TEXT.endswith(kept) and parse_leases(kept) == (NAMELESS,)
    assert without_leases(TEXT, []) == TEXT


def test_a_release_is_believed_once_the_lease_file_shows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases_module, "RELEASE_TIMEOUT", 0.01)
    host = FakeHost({})
    host.files[LEASES] = TEXT
    assert release(host, "br100", LEASES, [WEB]) == ()
    assert host.log == ["dhcp_release br100 192.168.7.9 fa:16:3e:00:00:02"]
    host.mute = True
    (left,) = release(host, "br100", LEASES, [NAMELESS])
    assert (left.lease, left.reason) == (NAMELESS, "the server did not answer the release")


def test_a_release_without_its_program_is_no_failure() -> None:
    host = FakeHost({})
    host.programs.remove("dhcp_release")
    host.files[LEASES] = TEXT
    assert [left.reason for left in release(host, "br100", LEASES, [WEB])] == [
        "program dhcp_release is not installed on this host"
    ]


SS = """\
UNCONN 0      0          10.0.0.1:53 0.0.0.0:* users:(("dnsmasq",pid=9309,fd=8))
UNCONN 0      0      0.0.0.0%br100:67 0.0.0.0:* users:(("dnsmasq",pid=9309,fd=4))
UNCONN 0      0      [fe80::78f2:51ff:fedf:3e64]%br100:53    [::]:* users:(("a b",pid=1,fd=10),("c",pid=2,fd=3))
UNCONN 0      0                 *:53 *:*
"""


def test_sockets_are_read_with_their_devices_and_holders() -> None:
    assert parse_sockets(SS) == (
        Socket("10.0.0.1", None, 53, (("dnsmasq", 9309),)),
        Socket("0.0.0.0", "br100", 67, (("dnsmasq", 9309),)),
        Socket("[fe80::78f2:51ff:fedf:3e64]", "br100", 53, (("a b", 1), ("c", 2))),
        Socket("*", None, 53, ()),
    )


def test_a_server_listens_only_on_its_own_bridge() -> None:
    sockets = parse_sockets(SS)
    assert listens(sockets, 9309, "br100")
    assert not listens(sockets, 9309, "br200") and not listens(sockets, 1, "br100")


@pytest.mark.parametrize(
    ("socket", "reasons"),
    [
        (Socket("0.0.0.0", "br100", 67, (("dnsmasq", 5),)), ("UDP port 67 is taken by dnsmasq (process 5)",)),
        (Socket("0.0.0.0", "br200", 67, (("dnsmasq", 5),)), ()),
        (Socket("0.0.0.0", None, 67, (("dhcpd", 5),)), ("UDP port 67 is taken by dhcpd (process 5)",)),
        (Socket("10.0.0.1", None, 53, (("named", 6),)), ("UDP port 53 is taken by named (process 6)",)),
        (Socket("127.0.0.53", "lo", 53, (("systemd-resolve", 7),)), ()),
        (Socket("192.0.2.1", None, 53, (("named", 6),)), ()),
        (Socket("*", None, 53, ()), ("UDP port 53 is taken by an unknown process",)),
        (Socket("0.0.0.0", "br100", 67, (("dnsmasq", 4711),)), ()),
    ],
)
def test_only_who_is_really_in_the_way_is_named(socket: Socket, reasons: tuple[str, ...]) -> None:
    assert strangers([socket], "br100", ["10.0.0.1"], 4711) == reasons


def test_who_has_an_ipv6_address_of_the_server_is_in_the_way_too() -> None:
    # As ss prints them. Servers of other bridges share the port of DHCPv6.
    sockets = parse_sockets(
        'UNCONN 0 0 [fd00:1::1]:53 [::]:* users:(("named",pid=1977,fd=4))\n'
        'UNCONN 0 0 [fd00:2::1]:53 [::]:* users:(("other",pid=1978,fd=4))\n'
        'UNCONN 0 0 [::]:547 [::]:* users:(("dnsmasq",pid=1979,fd=4))\n'
    )
    assert strangers(sockets, "br100", ["fd00:1::1"], None) == ("UDP port 53 is taken by named (process 1977)",)


@pytest.mark.parametrize(
    ("command_line", "namespace", "ours"),
    [
        (f"/usr/sbin/dnsmasq --conf-file={CONF}", "net:[1]", True),
        (f"dnsmasq --conf-file={CONF}", "net:[1]", True),
        (f"dnsmasq --conf-file={CONF}", "net:[2]", False),
        (f"dnsmasq --conf-file={CONF}.old", "net:[1]", False),
        (f"vi --conf-file={CONF}", "net:[1]", False),
        ("dnsmasq --conf-file=/etc/dnsmasq.conf", "net:[1]", False),
        ("", "net:[1]", False),
    ],
)
def test_a_process_is_ours_by_its_command_line_and_namespace(command_line: str, namespace: str, ours: bool) -> None:
    host = FakeHost({})
    assert is_ours(host, host.spawn(command_line, namespace), CONF) is ours


@pytest.mark.parametrize("text", [None, "", "\n", "-1", "x", "101\n102", "²", "999"])
def test_a_useless_pid_file_is_made_up_for_by_the_sockets(text: str | None) -> None:
    host = FakeHost({})
    pid = host.spawn(f"dnsmasq --conf-file={CONF}")
    if text is not None:
        host.files["/pid"] = text
    sockets = parse_sockets(host._ss(()))
    assert find_process(host, "/pid", CONF, sockets) == pid
    assert find_process(host, "/pid", CONF, ()) is None


def test_a_process_that_does_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_module, "STOP_TIMEOUT", 0.01)
    signals: list[str] = []

    class Stubborn(FakeHost):
        def _sh(self, argv: object) -> str:
            signals.append(argv[4])  # type: ignore[index]
            return super()._sh(argv) if argv[4] == self.weakness else ""  # type: ignore[arg-type, index]

        weakness = "KILL"

    host = Stubborn({})
    stop_process(host, host.spawn(f"dnsmasq --conf-file={CONF}"), CONF)
    assert signals == ["TERM", "KILL"]
    host.weakness = "none"
    with pytest.raises(HostError, match="does not end"):
        stop_process(host, host.spawn(f"dnsmasq --conf-file={CONF}"), CONF)


@pytest.mark.parametrize(("status", "ends"), [("Z", True), ("X", True), ("D", False)])
def test_a_process_has_not_ended_while_it_may_hold_sockets(
    monkeypatch: pytest.MonkeyPatch, status: str, ends: bool
) -> None:
    monkeypatch.setattr(process_module, "STOP_TIMEOUT", 0.01)
    host = FakeHost({})
    host.ending = status
    pid = host.spawn(f"dnsmasq --conf-file={CONF}")
    host.processes[pid] = ("", "net:[1]")
    if ends:
        stop_process(host, pid, CONF)
    else:
        with pytest.raises(HostError, match="does not end"):
            stop_process(host, pid, CONF)


def test_what_runs_the_script_of_a_server_is_waited_for() -> None:
    host = FakeHost({})
    server, helper = (host.spawn(f"dnsmasq --conf-file={CONF}") for _unused in range(2))
    host.files[f"/proc/{server}/task/{server}/children"] = f"{helper} "
    looks: list[str] = []
    read = host.read

    def read_and_end(path: str) -> str | None:
        if path == f"/proc/{helper}/cmdline":
            looks.append(path)
            if len(looks) == 3:
                del host.processes[helper]
        return read(path)

    host.read = read_and_end  # type: ignore[method-assign]
    stop_process(host, server, CONF)
    assert not host.processes


def test_a_process_that_loses_its_command_line_between_two_looks_has_not_ended() -> None:
    """It still holds its sockets: a new server that is started now finds its address in use."""
    host = Vanishing({})
    pid = host.spawn(f"dnsmasq --conf-file={CONF}")
    host.ending = "R"
    assert not is_gone(host, pid, CONF)
    assert not is_gone(host, pid, CONF)
    host.ending = "Z"
    assert is_gone(host, pid, CONF)


class Vanishing(FakeHost):
    """A host whose processes are about to end: each shows its command line once, and its namespace never."""

    def read(self, path: str) -> str | None:
        text = super().read(path)
        if path.endswith("/cmdline"):
            pid = int(path.split("/")[2])
            self.processes[pid] = ("", self.processes[pid][1])
        return text

    def link_target(self, path: str) -> str | None:
        return super().link_target(path) if path.startswith("/proc/self/") else None

# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Leases that come and go: the script, run by a real shell as dnsmasq runs it, and what is collected of it."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.host.dhcp import events
from ansible_collections.novanet.network.plugins.module_utils.host.dhcp.events import (
    Clock,
    Collected,
    collect_events,
    parse_events,
    read_clock,
    render_script,
)
from ansible_collections.novanet.network.plugins.module_utils.host.dhcp.model import Places
from ansible_collections.novanet.network.plugins.module_utils.host.dhcp.subsystem import DhcpServers
from ansible_collections.novanet.network.plugins.module_utils.host.reconcile import Request, reconcile
from ansible_collections.novanet.network.plugins.module_utils.host.runner import SystemRunner

from tests.unit.plugins.module_utils.host.dhcp_host import FakeHost

MAC = "fa:16:3e:00:00:01"
BOOT, EARLIER = "0f9f4a1c-0000-4000-8000-000000000001", "0f9f4a1c-0000-4000-8000-000000000002"
CLOCK = Clock(now=2_000_000.0, uptime=1000.0, boot=BOOT)


class Server:
    """The directory of a server, whose script is called as by dnsmasq."""

    def __init__(self, path: Path) -> None:
        self.places = Places(str(path), "nova")
        self.directory = Path(self.places.directory("br100"))
        self.directory.mkdir(parents=True)
        self.script = self.directory / "script"
        self.script.write_text(render_script(self.places, "br100"))
        self.script.chmod(0o755)

    def tell(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        # No program is found by its name: whatever the script needed one for would fail.
        return subprocess.run(
            [str(self.script), *arguments],
            env={"PATH": "/nowhere", **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    def names(self) -> list[str]:
        return sorted(path.name for path in self.directory.iterdir() if path != self.script)

    def collect(self, recorded: int = 0, check: bool = False) -> Collected:
        return collect_events(SystemRunner(), self.places, "br100", recorded, check)


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(tmp_path)


def lease(seconds: int = 3600) -> dict[str, str]:
    """Return what dnsmasq tells of a lease that was given a minute ago."""
    given = int(time.time()) - 60
    return {"DNSMASQ_LEASE_EXPIRES": str(given + seconds), "DNSMASQ_TIME_REMAINING": str(seconds)}


def line(action: str = "add", uptime: float = 900, boot: str = BOOT, expires: int = 0, remaining: str = "-") -> str:
    return f"{uptime}@{boot} {action} {MAC} 10.0.0.2 web {expires} {remaining}\n"


def test_a_lease_that_comes_and_goes_is_two_events_with_their_times(server: Server) -> None:
    before = int(time.time())
    assert server.tell("add", MAC.upper(), "10.0.0.2", "web", **lease()).stderr == ""
    server.tell("del", MAC, "10.0.0.2", DNSMASQ_LEASE_EXPIRES=str(before + 3600))
    come, gone = server.collect().events
    assert (come.action, come.mac, come.address, come.hostname) == ("add", MAC, "10.0.0.2", "web")
    assert (gone.action, gone.mac, gone.address, gone.hostname) == ("del", MAC, "10.0.0.2", None)
    assert come.at is not None and gone.at is not None and gone.number > come.number
    # What dnsmasq was given here is a minute old; that the lease is given back has the time of the call.
    assert before - 60 <= come.at <= time.time() - 60
    assert before - 1 <= gone.at <= time.time() + 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("old", MAC, "10.0.0.2", "web"),
        ("init",),
        ("tftp", "100", "10.0.0.2", "/image"),
        ("arp-add", MAC, "10.0.0.2"),
        ("add", "00:01:00:01:2a:00:00:01", "fd00:1::2", "web"),
        (),
    ],
)
def test_what_is_no_news_of_an_ipv4_lease_leaves_no_trace(server: Server, arguments: tuple[str, ...]) -> None:
    assert server.tell(*arguments, **lease()).returncode == 0
    assert server.names() == []
    server.tell("add", MAC, "10.0.0.2", "web", **lease())
    assert server.names() == ["events"]


def test_a_full_file_takes_no_more_and_says_so(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MOST_BYTES", 512)
    server.script.write_text(render_script(server.places, "br100"))
    for _unused in range(8):
        done = server.tell("add", MAC, "10.0.0.2", "web", **lease())
        assert (done.returncode, done.stderr) == (0, "")
    assert (server.directory / "events").stat().st_size == 512
    found = server.collect()
    assert found.full and 0 < len(found.events) < 8
    # Collecting makes room.
    server.tell("del", MAC, "10.0.0.2")
    assert server.collect().events[-1].action == "del"
    assert not server.collect().full


def test_events_are_told_again_until_they_are_recorded(server: Server) -> None:
    server.tell("add", MAC, "10.0.0.2", "web", **lease())
    first = server.collect().events
    server.tell("del", MAC, "10.0.0.2", "web")
    both = server.collect().events
    assert both[:1] == first and len(both) == 2
    assert server.collect(first[0].number).events == both[1:]
    assert server.collect(both[1].number).events == ()
    assert server.names() == []


def test_a_line_that_is_added_while_events_are_collected_is_found_the_next_time(server: Server) -> None:
    server.tell("add", MAC, "10.0.0.2", "web", **lease())
    with (server.directory / "events").open("a") as held:
        first = server.collect().events
        held.write(line("del", expires=1))
    late = server.collect(first[-1].number).events
    assert [event.action for event in late] == ["del"]
    assert server.collect(late[-1].number).events == () and server.names() == []


def test_a_preview_tells_the_same_and_leaves_the_files(server: Server) -> None:
    server.tell("add", MAC, "10.0.0.2", "web", **lease())
    foreseen = server.collect(check=True).events
    assert server.names() == ["events"]
    assert [(event.action, event.address) for event in foreseen] == [("add", "10.0.0.2")]
    real = server.collect().events
    assert server.collect(real[-1].number, check=True).events == () and len(server.names()) == 1


def test_numbers_grow_though_the_clock_goes_back(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = []
    for now in (2e9, 1e9, 1e9):
        monkeypatch.setattr(time, "time", lambda now=now: now)
        server.tell("add", MAC, "10.0.0.2", "web", **lease())
        numbers.append(server.collect(recorded=numbers[-1] if numbers else 0).events[-1].number)
    assert numbers == sorted(set(numbers))


def test_what_nobody_records_is_kept_as_far_as_there_is_room(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MOST_FILES", 3)
    for number in range(5):
        server.tell("add", MAC, f"10.0.0.{number}", "web", **lease())
        server.collect()
    assert [event.address[-1] for event in server.collect().events] == ["2", "3", "4"]
    monkeypatch.setattr(events, "MOST_BYTES", 1)
    server.collect()
    assert [event.address[-1] for event in server.collect().events] == ["4"]


@pytest.mark.parametrize(
    ("text", "at"),
    [
        (line(expires=1_999_000, remaining="600"), 1_998_400),
        (line(uptime=900.5), 1_999_900),
        (line("del", uptime=900, expires=1_999_999), 1_999_900),
        (line("del", uptime=900, expires=1_999_000), 1_999_000),
        (line("del", boot=EARLIER, expires=5), None),
        (line(boot=EARLIER), None),
    ],
    ids=["given", "given without an end", "given back", "over while down", "before a reboot", "for ever before it"],
)
def test_the_time_of_an_event_is_the_servers_or_follows_from_how_long_the_host_was_up(
    text: str, at: int | None
) -> None:
    assert parse_events(text, 1, CLOCK)[0].at == at


def test_a_lease_that_was_given_tells_when_the_host_was_started_then() -> None:
    text = line("del", 30, EARLIER) + line("add", 20, EARLIER, expires=1_000_600, remaining="600")
    assert [event.at for event in parse_events(text, 1, CLOCK)] == [1_000_010, 1_000_000]


def test_what_is_no_event_is_left_out_and_keeps_its_number() -> None:
    text = f"garbage\n{line()}900@{BOOT} add {MAC} 10.0.0.2 web; 0 -\n{line()[:40]}\n\n{line('del')}"
    assert [(event.number, event.action) for event in parse_events(text, 10, CLOCK)] == [(11, "add"), (15, "del")]


def test_the_clock_of_the_host_is_read() -> None:
    clock = read_clock(SystemRunner())
    assert clock.uptime > 0 and len(clock.boot) == 36


class Machine:
    """A host in memory with a server that has written something down."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)
        self.host = FakeHost({"br100": ["10.0.0.1"]})
        self.converge()
        self.host.files[self.file("events")] = line()

    def file(self, name: str) -> str:
        return f"{self.path}/nova/dnsmasq/br100/{name}"

    def converge(
        self, state: str = "present", recorded: int = 0, check: bool = False
    ) -> tuple[list[str], list[dict[str, Any]]]:
        networks = [{"label": "a", "cidr": "10.0.0.0/24"}]
        item = {"bridge": "br100", "listen_addresses": ["10.0.0.1"], "networks": networks, "state": state}
        subsystem, request = (
            DhcpServers("nova", self.path, {"br100": recorded}),
            Request("nova", self.path, check=check),
        )
        outcome = reconcile(subsystem, {"servers": [item]}, self.host, request)
        subsystem.collect(self.host, request)
        return [change.describe() for change in outcome.changes], subsystem.results()["lease_events"]


def test_collecting_events_is_no_change(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    changes, told = machine.converge()
    assert (changes, [(event["bridge"], event["address"]) for event in told]) == ([], [("br100", "10.0.0.2")])
    assert machine.converge(recorded=told[0]["number"]) == ([], [])


def test_a_server_that_is_removed_tells_what_it_has_still_to_tell(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.converge()
    machine.host.files[machine.file("events")] = line("del")
    changes, told = machine.converge("absent")
    assert changes == ["delete DHCP server br100"]
    assert [event["action"] for event in told] == ["add", "del"]
    assert machine.host.names(f"{machine.path}/nova/dnsmasq") == ()


def test_a_server_that_had_no_room_for_all_events_is_warned_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(tmp_path)
    monkeypatch.setattr(events, "MOST_BYTES", 10)
    subsystem, request = DhcpServers("nova", machine.path), Request("nova", machine.path)
    item = {"bridge": "br100", "listen_addresses": ["10.0.0.1"], "networks": [{"label": "a", "cidr": "10.0.0.0/24"}]}
    reconcile(subsystem, {"servers": [item]}, machine.host, request)
    assert subsystem.warnings() == []
    subsystem.collect(machine.host, request)
    assert "lease events of br100 are incomplete" in subsystem.warnings()[0]


def test_a_script_that_was_lost_is_written_again_and_nothing_restarted_for_it(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    text = machine.host.files.pop(machine.file("script"))
    processes = dict(machine.host.processes)
    machine.host.log.clear()
    changes, _unused = machine.converge()
    assert changes == ["update DHCP lease script of br100"]
    assert machine.host.files[machine.file("script")] == text and machine.host.processes == processes
    assert not [entry for entry in machine.host.log if entry.startswith("kill")]
    assert machine.converge()[0] == []


def test_a_server_from_before_there_was_a_script_is_restarted_once(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    conf = machine.host.files[machine.file("conf")]
    machine.host.files[machine.file("conf")] = "".join(
        text for text in conf.splitlines(keepends=True) if not text.startswith("dhcp-script=")
    )
    del machine.host.files[machine.file("script")]
    changes, _unused = machine.converge()
    assert changes[-1].startswith("run DHCP server br100 (restart")
    assert f"+dhcp-script={machine.file('script')}" in changes[0]
    assert machine.converge()[0] == []

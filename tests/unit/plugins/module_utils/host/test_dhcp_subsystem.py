# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole subsystem against a host in memory: order, systemd, and what happens when something is in the way."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import HostError, InvalidInput, NovaError
from ansible_collections.novanet.network.plugins.module_utils.host.dhcp.subsystem import DhcpServers
from ansible_collections.novanet.network.plugins.module_utils.host.dhcp.supervise import unit_name
from ansible_collections.novanet.network.plugins.module_utils.host.reconcile import Outcome, Request, reconcile

from tests.unit.plugins.module_utils.host.dhcp_host import FakeHost

WEB = {"mac": "fa:16:3e:00:00:02", "address": "10.0.0.2", "hostname": "web"}
HEIR = {"mac": "fa:16:3e:00:00:03", "address": "10.0.0.2", "hostname": "heir"}
UNIT = "/etc/systemd/system/novanet-dnsmasq-nova@.service"


class Machine:
    """A fake host and what is asked of it."""

    def __init__(self, path: Path, systemd: bool = False) -> None:
        self.state_path = str(path)
        self.host = FakeHost({"br100": ["10.0.0.1"], "br-200": ["10.2.0.1"]}, systemd)
        self.subsystem = DhcpServers("nova", self.state_path)

    def file(self, name: str, bridge: str = "br100") -> str:
        return f"{self.state_path}/nova/dnsmasq/{bridge}/{name}"

    def converge(self, *servers: dict[str, Any], check: bool = False, **options: Any) -> Outcome:
        self.host.log.clear()
        request = Request("nova", self.state_path, check=check)
        return reconcile(self.subsystem, {"servers": list(servers), **options}, self.host, request)

    def acts(self) -> list[str]:
        """Return what was done, without the journal."""
        short = (entry.replace(f"{self.state_path}/nova/dnsmasq/", "") for entry in self.host.log)
        return [entry for entry in short if not entry.endswith(".json")]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.fixture
def systemd_machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path, systemd=True)


def server(*hosts: dict[str, Any], bridge: str = "br100", **changed: Any) -> dict[str, Any]:
    number = 2 if bridge == "br-200" else 0
    network = {"label": "a", "cidr": f"10.{number}.0.0/24", "hosts": copy.deepcopy(hosts)}
    return {"bridge": bridge, "listen_addresses": [f"10.{number}.0.1"], "networks": [network], **changed}


def told(outcome: Outcome) -> list[str]:
    return [change.describe() for change in outcome.changes]


def test_files_are_written_before_the_server_is_started(machine: Machine) -> None:
    machine.converge(server(WEB))
    assert machine.acts() == [
        "write br100/conf",
        "write br100/hosts",
        "write br100/opts",
        "write br100/script",
        "start dnsmasq",
        "write br100/loaded",
    ]
    assert machine.converge(server(WEB)).changes == () and machine.acts() == []


def test_a_lease_is_released_after_the_server_forgot_its_host(machine: Machine) -> None:
    machine.converge(server(WEB))
    machine.host.files[machine.file("leases")] = f"99 {WEB['mac']} 10.0.0.2 web *\n"
    outcome = machine.converge(server(HEIR), check=True)
    assert machine.subsystem.results() == {"leases": [], "unreleased": [], "lease_events": []} and machine.acts() == []
    assert told(machine.converge(server(HEIR))) == told(outcome)
    assert machine.acts() == [
        "write br100/hosts",
        "kill -HUP",
        "write br100/loaded",
        f"dhcp_release br100 10.0.0.2 {WEB['mac']}",
    ]
    assert machine.subsystem.results() == {"leases": [], "unreleased": [], "lease_events": []}


def test_a_lease_is_taken_over_while_the_server_is_down_and_told_again_it_is_there(machine: Machine) -> None:
    taken = {"mac": WEB["mac"], "address": "10.0.0.2", "hostname": "laptop", "expires": 4000000000}
    machine.converge(server())
    outcome = machine.converge(server(WEB, leases=[taken]), check=True)
    predicted = machine.subsystem.results()
    assert machine.acts() == [] and predicted["leases"] == [{**taken, "hostname": "web", "bridge": "br100"}]

    assert (
        told(machine.converge(server(WEB, leases=[taken])))
        == told(outcome)
        == [
            f"create DHCP host {WEB['mac']} (10.0.0.2,web.novalocal on br100)",
            f"create DHCP lease 10.0.0.2 (of {WEB['mac']} on br100, taken over)",
            "run DHCP server br100 (restart)",
        ]
    )
    assert machine.acts() == [
        "kill -TERM",
        "write br100/leases",
        "write br100/hosts",
        "start dnsmasq",
        "write br100/loaded",
    ]
    assert outcome.before[0]["missing_leases"] == [f"10.0.0.2 {WEB['mac']}"] and not outcome.after[0]["missing_leases"]
    assert machine.subsystem.results() == predicted
    renewed = machine.host.files[machine.file("leases")].replace("4000000000", "4100000000")
    machine.host.files[machine.file("leases")] = renewed
    assert machine.converge(server(WEB, leases=[taken])).changes == ()
    assert machine.host.files[machine.file("leases")] == renewed


def test_a_guest_takes_its_lease_to_an_address_whose_last_holder_is_gone(machine: Machine) -> None:
    machine.converge(server(WEB))
    machine.host.files[machine.file("leases")] = f"99 {WEB['mac']} 10.0.0.2 web *\n"
    taken = {"mac": HEIR["mac"], "address": "10.0.0.2", "expires": 4000000000}

    kept = machine.converge(server(HEIR, leases=[taken]), check=True, force_release=False)
    assert not [text for text in told(kept) if "DHCP lease" in text]
    machine.converge(server(HEIR, leases=[taken]))
    assert machine.host.files[machine.file("leases")] == f"4000000000 {HEIR['mac']} 10.0.0.2 heir *\n"


def test_a_lease_that_is_over_is_ignored(machine: Machine) -> None:
    machine.converge(server(WEB))

    over = {"mac": WEB["mac"], "address": "10.0.0.2", "expires": 1000000000}
    assert machine.converge(server(WEB, leases=[over])).changes == ()


def test_a_restart_ends_leases_while_the_server_is_down(machine: Machine) -> None:
    machine.converge(server(WEB))
    machine.host.files[machine.file("leases")] = (
        f"99 {WEB['mac']} 10.0.0.2 web *\n98 fa:16:3e:00:00:03 10.0.0.2 heir *\n"
    )
    machine.converge(server(HEIR, domain="example.org"))
    assert machine.acts() == [
        "kill -TERM",
        "write br100/leases",
        "write br100/conf",
        "write br100/hosts",
        "start dnsmasq",
        "write br100/loaded",
    ]
    assert [lease["mac"] for lease in machine.subsystem.results()["leases"]] == [HEIR["mac"]]


def test_a_lease_that_stays_is_reported_and_tried_again(machine: Machine) -> None:
    machine.converge(server(WEB))
    machine.host.files[machine.file("leases")] = f"99 {WEB['mac']} 10.0.0.2 web *\n"
    machine.host.programs.remove("dhcp_release")
    machine.converge(server())
    results = machine.subsystem.results()
    assert [lease["address"] for lease in results["leases"]] == ["10.0.0.2"]
    assert results["unreleased"][0]["reason"] == "program dhcp_release is not installed on this host"
    again = Machine(Path(machine.state_path))
    again.host = machine.host
    again.host.programs.add("dhcp_release")
    assert told(again.converge(server())) == [f"delete DHCP lease 10.0.0.2 (of {WEB['mac']} on br100)"]
    assert again.acts()[-1] == f"dhcp_release br100 10.0.0.2 {WEB['mac']}"


def test_everything_in_the_way_is_named_and_nothing_done(machine: Machine) -> None:
    machine.host.addresses["br100"] = []
    machine.host.closed.add("/tmp")
    del machine.host.addresses["br-200"]
    with pytest.raises(HostError) as caught:
        machine.converge(server(), server(bridge="br-200"))
    assert "bridge br-200 does not exist; address 10.0.0.1 is not on bridge br100" in str(caught.value)
    assert "directory /tmp may not be entered by others" in str(caught.value)
    assert machine.acts() == []


def test_without_dnsmasq_a_preview_works_and_a_run_says_so(machine: Machine) -> None:
    machine.host.programs.remove("dnsmasq")
    assert machine.converge(server(WEB), check=True).changes
    with pytest.raises(HostError, match="program dnsmasq is not installed"):
        machine.converge(server(WEB))
    assert machine.acts() == []


def test_a_failure_names_what_was_done_before(machine: Machine) -> None:
    real = machine.host.start

    def fail_on_second(argv: Any) -> None:
        if "br100" in argv[1]:
            raise HostError("dnsmasq", "failed")
        real(argv)

    machine.host.start = fail_on_second  # type: ignore[method-assign]
    with pytest.raises(HostError) as caught:
        machine.converge(server(), server(bridge="br-200"))
    assert "DHCP server of br100 could not be changed (start): dnsmasq failed" in str(caught.value)
    assert "Done before: start of br-200." in str(caught.value)


def test_a_process_of_another_host_made_of_namespaces_is_left_alone(machine: Machine) -> None:
    other = machine.host.spawn(f"dnsmasq --conf-file={machine.file('conf')}", "net:[2]")
    machine.host.files[machine.file("pid")] = f"{other}\n"
    machine.converge(server())
    machine.converge({"bridge": "br100", "state": "absent"})
    assert list(machine.host.processes) == [other]
    assert machine.host.names(f"{machine.state_path}/nova/dnsmasq") == ()


def test_systemd_gets_a_unit_that_is_enabled_and_started(systemd_machine: Machine) -> None:
    machine = systemd_machine
    outcome = machine.converge(server(bridge="br-200"))
    assert machine.acts() == [
        "write br-200/conf",
        "write br-200/hosts",
        "write br-200/opts",
        "write br-200/script",
        f"write {UNIT}",
        "systemctl daemon-reload",
        "systemctl enable --quiet --now novanet-dnsmasq-nova@br\\x2d200.service",
        "write br-200/loaded",
    ]
    assert f"--conf-file={machine.state_path}/nova/dnsmasq/%I/conf\n" in machine.host.files[UNIT]
    assert outcome.after[0]["supervisor"] == "systemd"
    assert machine.converge(server(bridge="br-200")).changes == ()


def test_systemd_units_are_restarted_and_at_last_removed(systemd_machine: Machine) -> None:
    machine = systemd_machine
    machine.converge(server())
    machine.converge(server(lease_time=300))
    name = unit_name("nova", "br100")
    assert machine.acts() == [
        f"systemctl stop {name}",
        "write br100/conf",
        f"systemctl enable --quiet --now {name}",
        "write br100/loaded",
    ]
    machine.converge({"bridge": "br100", "state": "absent"})
    assert machine.acts() == [f"systemctl disable --quiet --now {name}", "systemctl daemon-reload"]
    assert not machine.host.processes and UNIT not in machine.host.files


def test_a_changed_unit_is_drift(systemd_machine: Machine) -> None:
    systemd_machine.converge(server())
    systemd_machine.host.files[UNIT] += "# by hand\n"
    outcome = systemd_machine.converge(server())
    assert told(outcome) == ["run DHCP server br100 (restart)"]
    assert outcome.before[0]["supervisor"] == "systemd, with an outdated unit"
    assert "# by hand" not in systemd_machine.host.files[UNIT]


def test_a_server_changes_hands_in_both_directions(systemd_machine: Machine) -> None:
    for supervisor in ("process", "systemd", "process"):
        outcome = systemd_machine.converge(server(), supervisor=supervisor)
        assert outcome.after[0]["supervisor"] == supervisor
        assert len(systemd_machine.host.processes) == 1
        assert systemd_machine.converge(server(), supervisor=supervisor).changes == ()


@pytest.mark.parametrize(
    ("owner", "state_path"),
    [
        ("Nova", "/var/lib/novanet"),
        ("../x", "/var"),
        ("nova", "var/lib"),
        ("nova", "/a b"),
        ("nova", "/a\nb"),
        ("nova", "/"),
    ],
)
def test_names_that_would_be_misread_in_files_are_refused(owner: str, state_path: str) -> None:
    with pytest.raises(InvalidInput):
        DhcpServers(owner, state_path).parse({"servers": []})


def test_systemd_is_not_asked_for_where_it_does_not_run(machine: Machine) -> None:
    with pytest.raises(NovaError, match="systemd does not run on this host"):
        machine.converge(server(), supervisor="systemd", check=True)

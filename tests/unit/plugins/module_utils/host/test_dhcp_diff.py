# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is changed, and how it is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.host.dhcp.diff import diff_servers
from ansible_collections.novanet.network.plugins.module_utils.host.dhcp.model import (
    Have,
    Lease,
    Places,
    ServerState,
    Texts,
    Want,
)
from ansible_collections.novanet.network.plugins.module_utils.host.dhcp.parse import parse_want
from ansible_collections.novanet.network.plugins.module_utils.host.dhcp.render import render_texts
from hypothesis import given
from hypothesis import strategies as st

PLACES = Places("/var/lib/novanet", "nova")
LEASE = Lease(0, "fa:16:3e:00:00:09", "10.0.0.9")
NETWORK = {
    "label": "private",
    "cidr": "10.0.0.0/24",
    "hosts": [
        {"mac": "fa:16:3e:00:00:02", "address": "10.0.0.2", "hostname": "web"},
        {"mac": "fa:16:3e:00:00:03", "address": "10.0.0.3"},
    ],
}
SERVER = {"bridge": "br100", "listen_addresses": ["10.0.0.1"], "networks": [NETWORK]}
WANT = parse_want({"servers": [SERVER]})
TEXTS = render_texts(WANT.servers[0], PLACES)
GOOD = ServerState("br100", True, TEXTS, True, True, 4711, True, "process")
HOSTS = TEXTS.hosts or ""


def told(state: ServerState, want: Want = WANT) -> tuple[list[str], list[str]]:
    plan = diff_servers(want, Have({state.bridge: state}, "process"), PLACES)
    return [change.describe() for change in plan.changes], [step.action for step in plan.steps]


def with_hosts(text: str | None) -> ServerState:
    return replace(GOOD, texts=replace(TEXTS, hosts=text))


@pytest.mark.parametrize(
    ("state", "changes", "actions"),
    [
        (GOOD, [], []),
        (
            ServerState("br100"),
            [
                "create DHCP server br100 (serves 10.0.0.0/24)",
                "create DHCP host fa:16:3e:00:00:02 (10.0.0.2,web.novalocal on br100)",
                "create DHCP host fa:16:3e:00:00:03 (10.0.0.3 on br100)",
                "run DHCP server br100 (start)",
            ],
            ["start"],
        ),
        (replace(GOOD, pid=None, running=False), ["run DHCP server br100 (start)"], ["start"]),
        (
            replace(GOOD, running=False),
            ["run DHCP server br100 (restart, it does not listen on the bridge)"],
            ["restart"],
        ),
        (
            replace(GOOD, conf_loaded=False),
            ["run DHCP server br100 (restart, it was started with another configuration)"],
            ["restart"],
        ),
        (replace(GOOD, supervisor="systemd"), ["run DHCP server br100 (restart)"], ["restart"]),
        (
            replace(GOOD, files_loaded=False),
            ["run DHCP server br100 (reload, it has not read its files since they changed)"],
            ["reload"],
        ),
        (
            replace(GOOD, texts=replace(TEXTS, conf=(TEXTS.conf or "").replace("86400s", "120s"))),
            [
                "update DHCP server br100 (-dhcp-range=set:net-private-715dc849,10.0.0.1,static,255.255.255.0,120s "
                "+dhcp-range=set:net-private-715dc849,10.0.0.1,static,255.255.255.0,86400s)",
                "run DHCP server br100 (restart)",
            ],
            ["restart"],
        ),
        (
            replace(GOOD, texts=replace(TEXTS, options="")),
            [
                "update DHCP options of br100 (+tag:net-private-715dc849,option:router "
                "+tag:net-private-715dc849,option:dns-server,10.0.0.1 +tag:no-router,option:router)",
                "run DHCP server br100 (reload)",
            ],
            ["reload"],
        ),
        (
            with_hosts("fa:16:3e:00:00:09,10.0.0.9,old\n" + HOSTS),
            ["delete DHCP host fa:16:3e:00:00:09 (10.0.0.9,old on br100)", "run DHCP server br100 (reload)"],
            ["reload"],
        ),
        (
            with_hosts(HOSTS + "rubbish \x1b[2J"),
            ["delete DHCP host 'rubbish \\x1b[2J' (on br100)", "run DHCP server br100 (reload)"],
            ["reload"],
        ),
        (
            with_hosts(HOSTS.replace("10.0.0.2", "10.0.0.77")),
            [
                "update DHCP host fa:16:3e:00:00:02 (10.0.0.77,web.novalocal to 10.0.0.2,web.novalocal on br100)",
                "run DHCP server br100 (reload)",
            ],
            ["reload"],
        ),
        (
            with_hosts(HOSTS + HOSTS),
            [
                "delete DHCP host fa:16:3e:00:00:02 (10.0.0.2,web.novalocal on br100)",
                "delete DHCP host fa:16:3e:00:00:03 (10.0.0.3 on br100)",
                "run DHCP server br100 (reload)",
            ],
            ["reload"],
        ),
        (
            with_hosts("".join(reversed(HOSTS.splitlines(keepends=True)))),
            ["update DHCP hosts of br100 (order or ends of lines)", "run DHCP server br100 (reload)"],
            ["reload"],
        ),
        (
            with_hosts(HOSTS + "\n\n"),
            ["update DHCP hosts of br100 (order or ends of lines)", "run DHCP server br100 (reload)"],
            ["reload"],
        ),
        (
            replace(GOOD, leases=(LEASE,), stale=(LEASE,)),
            ["delete DHCP lease 10.0.0.9 (of fa:16:3e:00:00:09 on br100)"],
            ["release"],
        ),
    ],
)
def test_each_difference_is_named_and_costs_no_more_than_it_must(
    state: ServerState, changes: list[str], actions: list[str]
) -> None:
    assert told(state) == (changes, actions)


def test_what_goes_goes_first() -> None:
    want = parse_want({"servers": [SERVER, {"bridge": "br7", "state": "absent"}]})
    have = Have({"br100": ServerState("br100"), "br7": replace(GOOD, bridge="br7")}, "process")
    plan = diff_servers(want, have, PLACES)
    assert plan.changes[0].describe() == "delete DHCP server br7"
    assert [(step.bridge, step.action) for step in plan.steps] == [("br7", "remove"), ("br100", "start")]
    assert not plan.after.servers["br7"].exists


def test_an_absent_server_that_is_not_there_is_no_change() -> None:
    want = parse_want({"servers": [{"bridge": "br7", "state": "absent"}]})
    assert told(ServerState("br7"), want) == ([], [])


LINES = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(HOSTS.splitlines())
FILES = st.none() | st.lists(LINES, max_size=6).map("\n".join)
STATES: st.SearchStrategy[Any] = st.builds(
    ServerState,
    bridge=st.just("br100"),
    exists=st.booleans(),
    texts=st.builds(Texts, FILES, FILES, FILES) | st.just(TEXTS),
    conf_loaded=st.booleans(),
    files_loaded=st.booleans(),
    pid=st.none() | st.just(4711),
    running=st.booleans(),
    supervisor=st.sampled_from([None, "process", "systemd"]),
    stale=st.sampled_from([(), (LEASE,)]),
)


@given(STATES)
def test_after_a_change_there_is_nothing_left_to_change(state: ServerState) -> None:
    have = Have({"br100": state}, "process")
    plan = diff_servers(WANT, have, PLACES)
    assert bool(plan.changes) == bool(plan.steps)
    # The process has its number once it runs.
    after = {bridge: replace(server, pid=4711) for bridge, server in plan.after.servers.items()}
    assert diff_servers(WANT, replace(have, servers=after), PLACES).changes == ()

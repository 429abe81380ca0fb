# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the functional tests have in common: hosts out of namespaces, and modules that run on them for real.

    def test_a_bridge_comes_up(host, run_module):
        result = run_module("nova_bridge", bridges=[{"name": "br100", "interface": "eth2"}])

``host`` is fresh for every test: own /etc, /var/lib, /run, /sys, host name and processes. Its cards are eth0 (wire
``public``, 192.0.2.2/24), eth1 (wire ``admin``) and eth2 (wire ``data``), the latter two up and without addresses.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.lab import HostSpec, Lab, Nic, Topology, Wire
from tests.lab.host import Host
from tests.lab.kernel import left_to_others
from tests.lab.modules import run_module as run_on
from tests.tools.tree import link_collection

WIRES = (Wire("public"), Wire("admin"), Wire("data"))
HOST = HostSpec("host1", (Nic("eth0", "public", ("192.0.2.2/24",)), Nic("eth1", "admin"), Nic("eth2", "data")))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Say once why nothing runs, in place of a hundred errors; and leave out what runs in a virtual machine instead.

    Whoever asks for the mark ``full_kernel`` by its name gets these tests run, and failing on a kernel without.
    """
    if os.geteuid() != 0:
        for item in items:
            if "/functional/" in item.nodeid:
                item.add_marker(pytest.mark.skip(reason="makes network namespaces, which needs root"))
    elif "full_kernel" not in config.option.markexpr:
        left = [item for item in items if left_to_others(item)]
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in left]


@pytest.fixture
def lab() -> Iterator[Callable[[Topology], Lab]]:
    """Return a function that builds a lab after a topology; it is taken away after the test."""
    with ExitStack() as stack:
        yield lambda topology: stack.enter_context(Lab(topology))


@pytest.fixture
def one_host(lab: Callable[[Topology], Lab]) -> Lab:
    """Return a lab with one host, for tests that plug guests or more hosts into it."""
    return lab(Topology((HOST,), WIRES))


@pytest.fixture
def host(one_host: Lab) -> Host:
    """Return a fresh host."""
    return one_host.host(HOST.name)


@pytest.fixture
def run_module(request: pytest.FixtureRequest) -> Callable[..., dict[str, Any]]:
    """Return a function that runs a module: ``run_module(name, *, on=host, check, diff, limit, **options)``.

    Returns the module's result, of a failure too (``result["failed"]``). ``on`` defaults to the fixture ``host``,
    ``limit`` is in seconds.
    """

    def run(
        name: str, *, on: Host | None = None, check: bool = False, diff: bool = False, limit: float = 120.0,
        **options: Any,
    ) -> dict[str, Any]:  # fmt: skip
        node = on if on is not None else request.getfixturevalue("host")
        return run_on(node, name, options, collections=link_collection(), check=check, diff=diff, timeout=limit)

    return run


@pytest.fixture(params=[False, True], ids=["bridge-calls-off", "bridge-calls-on"])
def bridge_calls(request: pytest.FixtureRequest, one_host: Lab) -> bool:
    """Run a test twice: bridged packets of ``host`` do not pass the hooks of routed ones, and do."""
    one_host.set_bridge_calls(request.param)
    return bool(request.param)

# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The address that the controller comes in by: found although sudo hides it."""

from __future__ import annotations

import os

import pytest
from ansible_collections.novanet.network.plugins.module_utils.host.link.management import (
    Management,
    carriers,
    read_management,
    server_address,
    ssh_connection,
)
from ansible_collections.novanet.network.plugins.module_utils.host.link.model import Address, Host, Link


class Files:
    """A runner that has files only."""

    def __init__(self, files: dict[str, str]) -> None:
        self.files = files

    def read(self, path: str) -> str | None:
        return self.files.get(path)


@pytest.fixture(autouse=True)
def no_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSH_CONNECTION", raising=False)


@pytest.mark.parametrize(
    ("connection", "address"),
    [
        ("192.0.2.9 51234 192.0.2.5 22", "192.0.2.5"),
        ("fe80::9%eth0 51234 fe80::5%eth0 22", "fe80::5"),
        ("UNKNOWN", ""),
        ("", ""),
    ],
)
def test_the_third_word_of_the_variable_is_the_address(connection: str, address: str) -> None:
    assert server_address(connection) == address


def test_what_is_given_counts_most_and_the_own_variable_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "192.0.2.9 1 192.0.2.5 22")
    connection = "192.0.2.9 1 192.0.2.5 22"
    assert read_management(Files({}), "192.0.2.7") == Management("192.0.2.7", connection)  # type: ignore[arg-type]
    assert read_management(Files({}), "") == Management("192.0.2.5", connection)  # type: ignore[arg-type]


def test_the_processes_above_are_asked_when_sudo_dropped_the_variable() -> None:
    files = {
        f"/proc/{os.getpid()}/stat": f"{os.getpid()} (python3) S 77 0",
        "/proc/77/stat": "77 (a (very) odd name) S 66 0",
        "/proc/77/environ": "PATH=/bin\0XSSH_CONNECTION=9 9 9 9\0",
        "/proc/66/stat": "66 (sshd) S 1 0",
        "/proc/66/environ": "A=b\0SSH_CONNECTION=192.0.2.9 1 192.0.2.5 22\0",
    }
    assert ssh_connection(Files(files)) == "192.0.2.9 1 192.0.2.5 22"  # type: ignore[arg-type]
    del files["/proc/66/environ"]
    assert ssh_connection(Files(files)) == ""  # type: ignore[arg-type]


def test_the_ports_of_a_bridge_carry_its_address_too() -> None:
    links = [
        Link("eth0", master="br0"),
        Link("eth1"),
        Link("br0", kind="bridge", addresses=(Address("192.0.2.5", 24),)),
    ]
    assert carriers(Host({link.name: link for link in links}), "192.0.2.5") == {"br0", "eth0"}

# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""IPAM modules run for real, each as a process of its own, with a database that the test names."""

from __future__ import annotations

import contextlib
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lab.errors import LabError
from tests.lab.modules import module_command, module_input, module_result
from tests.lab.node import ENVIRONMENT, Node
from tests.lab.postgresql import Server, Session
from tests.tools.tree import link_collection

from .waiting import until

NETWORK = {"label": "private", "cidr": "10.0.0.0/28", "host": "net1", "bridge": "br100"}
POOL = {"name": "nova", "ranges": ["192.0.2.0/29"]}
WRITER_WAITS = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'novanet' AND wait_event_type = 'Lock'"
# A deadlock is looked for once in a wait, after one second where nothing is set. Whoever makes one needs more time.
NOTICE_LATE = "ALTER DATABASE {} SET deadlock_timeout = '5s'"
# Put before what runs a module.
IMPATIENT = """
from ansible_collections.novanet.network.plugins.module_utils.ipam import database
database._SESSION_SETTINGS["lock_timeout"] = "300ms"
import runpy"""
WEB = {"name": "web1", "project": "red", "host": "c1"}
INSTANCES = [{**WEB, "floating_ip": {}}, {**WEB, "name": "web2", "security_groups": ["web"]}]
GROUPS = [
    {"project": "red", "name": "web", "rules": [{"protocol": "tcp", "from_port": 22}, {"group": "database"}]},
    {"project": "red", "name": "database", "rules": [{"cidr": "fd00::/64"}, {"group": "web"}]},
]


@dataclass(frozen=True)
class Begun:
    """A module that runs."""

    name: str
    process: subprocess.Popen[str]

    def result(self, timeout: float = 120.0) -> dict[str, Any]:
        """Wait for its end, and return its result."""
        output, errors = self.process.communicate(timeout=timeout)
        return module_result(self.name, output, errors)


class Databases:
    """Runs modules. These touch nothing of the machine but the databases that they are told of.

    :param state: directory for their imports.
    """

    def __init__(self, state: Path) -> None:
        self._state = state

    def begin(
        self,
        name: str,
        check: bool = False,
        environment: Mapping[str, str] | None = None,
        impatient: bool = False,
        node: Node | None = None,
        **options: Any,
    ) -> Begun:
        """Start a module and do not wait for it.

        :param impatient: it waits for others for a moment only.
        :param node: whose network it uses.
        """
        if not {"database", "source"} & set(options):
            raise LabError(f"{name} would use the database of this machine")
        pipe = subprocess.PIPE
        command = module_command(self._state, link_collection(), name)
        if impatient:
            command = [word.replace("import runpy", IMPATIENT) for word in command]
        if node is not None:
            command = [*node.enter_network(), *command]
        process = subprocess.Popen(
            command,
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            text=True,
            env={**ENVIRONMENT, **(environment or {})},
        )
        assert process.stdin is not None
        process.stdin.write(module_input(options, check, True))
        process.stdin.close()
        # It has got its input; communicate() would close it again.
        process.stdin = None
        return Begun(name, process)

    def run(self, name: str, check: bool = False, **options: Any) -> dict[str, Any]:
        """Run a module and return its result, of a failure too."""
        return self.begin(name, check, **options).result()

    def fill(self, database: str) -> None:
        """Make a small cloud: a network, a pool, an instance with a floating address and one in a security group."""
        for name, options in (
            ("nova_network", {"manager": "flatdhcp", "networks": [NETWORK]}),
            ("nova_floating_pool", {"pools": [POOL]}),
            ("nova_security_group", {"security_groups": GROUPS}),
            ("nova_instance", {"manager": "flatdhcp", "instances": INSTANCES}),
        ):
            result = self.run(name, database=database, **options)
            assert result.get("changed"), result


class Watch(threading.Thread):
    """Reads all command lines of the machine while a module waits for a session, and lets it go on then."""

    def __init__(self, server: Server, person: Session) -> None:
        super().__init__()
        self._server, self._person = server, person
        self.seen: list[str] = []

    def run(self) -> None:
        until(lambda: self._server.sql(WRITER_WAITS) == "1", "the module's wait")
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                self.seen.append(path.read_text(errors="replace"))
        self._person.sql("COMMIT")

# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real MariaDB server of its own for a test, such as most nova databases lie on: for reading only."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from .errors import LabError
from .node import ENVIRONMENT, PYTHON
from .state import create_state, record_group, remove

DATABASE = "nova"
# The server refuses to be root. Who may do what plays no part here, and would need a user of its own on the machine.
_SERVER = (
    *("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--pdeathsig=TERM", "--"),
    *("mariadbd", "--no-defaults", "--skip-networking", "--skip-grant-tables", "--innodb-flush-log-at-trx-commit=0"),
)
# The driver exists for the interpreter of the system.
_CLIENT = """
import json, sys, pymysql
connection = pymysql.connect(unix_socket=sys.argv[1], user="root", autocommit=True)
for statement, values in json.load(sys.stdin):
    connection.cursor().execute(statement, values)
"""


class MariaServer:
    """A server that listens on a socket of its own."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.home = state / "mariadb"
        self.home.mkdir(mode=0o700)
        shutil.chown(self.home, "nobody", "nogroup")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return self.home / "socket"

    @property
    def url(self) -> str:
        """The URL of its database."""
        return f"mysql+pymysql://nova@localhost/{DATABASE}?unix_socket={self.socket}"

    def start(self, timeout: float = 60.0) -> None:
        """Start it, and wait until it lets people in."""
        with open(self.state / "mariadb.log", "wb") as log:
            self._process = subprocess.Popen(
                [*_SERVER, f"--datadir={self.home}", f"--socket={self.socket}"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd="/",
                env=ENVIRONMENT,
            )
        record_group(self.state, "mariadb", self._process.pid)
        deadline = time.monotonic() + timeout
        while "ready for connections" not in (self.state / "mariadb.log").read_text(errors="replace"):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise LabError(f"MariaDB did not start: {(self.state / 'mariadb.log').read_text(errors='replace')}")
            time.sleep(0.05)
        self.execute([(f"CREATE DATABASE {DATABASE}", [])])

    def stop(self) -> None:
        """End it."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)

    def execute(self, statements: Sequence[tuple[str, Sequence[Any]]]) -> None:
        """Do something, with %s for each value."""
        command = [PYTHON, "-c", _CLIENT, str(self.socket)]
        text = json.dumps(statements)
        done = subprocess.run(command, input=text, capture_output=True, text=True, env=ENVIRONMENT, check=False)
        if done.returncode != 0:
            raise LabError(f"MariaDB: {done.stderr.strip().splitlines()[-1]}")


@contextlib.contextmanager
def running_mariadb() -> Iterator[MariaServer]:
    """Make a server, start it, and take it away in the end."""
    state = create_state()
    try:
        server = MariaServer(state)
        try:
            server.start()
            yield server
        finally:
            server.stop()
    finally:
        remove(state)

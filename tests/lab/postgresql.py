# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real PostgreSQL server of its own for a test: made when it begins, ended and removed when it ends, however."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlencode

from .errors import LabError
from .node import ENVIRONMENT, Node
from .state import create_state, record_group, remove

USER, PASSWORD = "nova", "s3cret-of-nova"
# The name that the server's certificate has.
NAME = "db.example.org"
# The server refuses to be root. It ends with whoever started it, also when nobody is left to end it.
_AS_POSTGRES = ("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--pdeathsig=INT", "--")
# Root is let in by the socket, whose directory nobody else can enter; the user of the IPAM needs its password. A lab
# has a network of its own.
_ACCESS = f"""
local all postgres trust
local all {USER} scram-sha-256
hostssl all {USER} 127.0.0.1/32 scram-sha-256
host all {USER} 192.0.2.0/24 scram-sha-256
"""
# Without fsync a power cut may lose what was committed. The end of a process, of the server too, may not.
_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "120",
    "shared_buffers": "64MB",
    # It knows its tables after seconds, as one that has been there for longer than a test does.
    "autovacuum_naptime": "5s",
    "password_encryption": "scram-sha-256",
    "ssl": "on",
    "ssl_cert_file": "server.pem",
    "ssl_key_file": "server.key",
}
_CERTIFICATE = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"


class Server:
    """A server that listens on a socket of its own, and with TLS on the loopback interface."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.home = state / "postgresql"
        self.authority = state / "db-ca.pem"
        self.port = _free_port()
        self._programs = _programs()
        self._process: subprocess.Popen[bytes] | None = None

    def prepare(self) -> None:
        """Make the files of the server."""
        self.home.mkdir(mode=0o700)
        shutil.chown(self.home, "postgres", "postgres")
        self._run([str(self._programs / "initdb"), "--no-sync", "--auth=reject", "-E", "UTF8", "-D", str(self.data)])
        (self.data / "pg_hba.conf").write_text(_ACCESS)
        settings = "".join(f"{name} = '{value}'\n" for name, value in _SETTINGS.items())
        (self.data / "postgresql.conf").write_text(settings)
        names = ["-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"]
        files = ["-keyout", str(self.data / "server.key"), "-out", str(self.data / "server.pem")]
        self._run(["openssl", *_CERTIFICATE.split(), *names, *files])
        shutil.copy(self.data / "server.pem", self.authority)

    @property
    def data(self) -> Path:
        """The directory of its files."""
        return self.home / "data"

    def start(self, timeout: float = 60.0, node: Node | None = None) -> None:
        """Start it, and wait until it lets people in.

        :param node: whose network it is in; without, it is on the machine's loopback interface only.
        """
        argv = [str(self._programs / "postgres"), "-D", str(self.data), "-k", str(self.home), "-p", str(self.port)]
        argv += ["-h", "127.0.0.1" if node is None else "*"]
        network = [] if node is None else node.enter_network()
        with open(self.state / "postgresql.log", "ab") as log:
            self._process = subprocess.Popen(
                [*network, *_AS_POSTGRES, *argv],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd="/",
                env=ENVIRONMENT,
            )
        record_group(self.state, "postgresql", self._process.pid)
        ready = [str(self._programs / "pg_isready"), "-q", "-h", str(self.home), "-p", str(self.port)]
        deadline = time.monotonic() + timeout
        while subprocess.run(ready, env=ENVIRONMENT, check=False).returncode != 0:
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise LabError(f"PostgreSQL did not start: {(self.state / 'postgresql.log').read_text()}")
            time.sleep(0.05)

    def stop(self, how: int = signal.SIGINT) -> None:
        """End it: in order, dropping who is connected; or with SIGQUIT at once, as if it had crashed."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(how)
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            # Its children see that it is gone, and go as well.
            self._process.kill()
            self._process.wait(10)

    def create_database(self, name: str) -> str:
        """Make an empty database with the commands of the documentation, and return its URL."""
        as_superuser = ["-h", str(self.home), "-p", str(self.port), "-U", "postgres"]
        if not self.sql(f"SELECT 1 FROM pg_roles WHERE rolname = '{USER}'"):
            answers = f"{PASSWORD}\n{PASSWORD}\n"
            self._run([str(self._programs / "createuser"), *as_superuser, "--pwprompt", USER], True, answers)
        self._run([str(self._programs / "createdb"), *as_superuser, "--owner", USER, name], True)
        return self.url(name)

    def url(self, database: str, password: str = PASSWORD) -> str:
        """Return the URL of a database, by the socket."""
        where = urlencode({"host": self.home, "port": self.port})
        return f"postgresql+psycopg2://{USER}:{password}@/{database}?{where}"

    def url_with_tls(self, database: str, passfile: Path | None = None, host: str = NAME) -> str:
        """Return the URL of a database, by the network, as the documentation writes it."""
        # The name is no secret to any resolver: only the certificate is asked for it.
        options = {"hostaddr": "127.0.0.1", "sslmode": "verify-full", "sslrootcert": str(self.authority)}
        if passfile is not None:
            options["passfile"] = str(passfile)
        return f"postgresql://{USER}@{host}:{self.port}/{database}?{urlencode(options)}"

    def psql(self, database: str) -> list[str]:
        """Return the command line of a session of the superuser."""
        options = ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", database]
        return [str(self._programs / "psql"), "-h", str(self.home), "-p", str(self.port), *options]

    def sql(self, statement: str, database: str = "postgres") -> str:
        """Do something as the superuser, and return what comes of it."""
        return self._run([*self.psql(database), "-c", statement], True).strip()

    @contextlib.contextmanager
    def session(self, database: str, *statements: str) -> Iterator[Session]:
        """Do something as the superuser in a session that stays open."""
        session = Session(self.psql(database))
        try:
            # Nobody waits for ever: a test that is wrong ends as well.
            for statement in ("SET statement_timeout = '120s'", *statements):
                session.sql(statement)
            yield session
        finally:
            session.close()

    def _run(self, argv: Sequence[str], privileged: bool = False, answers: str = "") -> str:
        # In a session of its own, so that passwords are asked for here and not at the terminal of whoever tests.
        done = subprocess.run(
            list(argv) if privileged else [*_AS_POSTGRES, *argv],
            input=answers,
            start_new_session=True,
            capture_output=True,
            text=True,
            cwd="/",
            env=ENVIRONMENT,
            check=False,
        )
        if done.returncode != 0:
            raise LabError(f"{' '.join(argv)}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout


class Session:
    """A psql that waits for the next statement."""

    def __init__(self, argv: Sequence[str]) -> None:
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(argv, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT, text=True)

    def send(self, statement: str) -> None:
        """Let it do something, and do not wait for it."""
        self._write(f"{statement};\n")

    def sql(self, statement: str) -> str:
        """Let it do something, and return what it says."""
        assert self._process.stdout is not None
        self._write(f"{statement};\n\\echo done\n")
        lines: list[str] = []
        for line in self._process.stdout:
            if line == "done\n":
                return "".join(lines)
            lines.append(line)
        raise LabError(f"{statement}: {''.join(lines)}")

    def _write(self, text: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(text)
        self._process.stdin.flush()

    def close(self) -> None:
        """End the session; what it has not committed is undone."""
        self._process.kill()
        self._process.wait(10)


@contextlib.contextmanager
def running_server() -> Iterator[Server]:
    """Make a server, start it, and take it away in the end."""
    if os.geteuid() != 0:
        raise LabError("a PostgreSQL server is started as user postgres, which needs root")
    state = create_state()
    server = Server(state)
    try:
        server.prepare()
        server.start()
        yield server
    finally:
        server.stop()
        remove(state)


def _programs() -> Path:
    """Return where Debian keeps the programs of its newest PostgreSQL."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if not found:
        raise LabError("PostgreSQL is not installed (make venv)")
    return found[-1].parent


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])

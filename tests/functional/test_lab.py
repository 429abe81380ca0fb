# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab itself: what the other tests stand on must not be taken on trust."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.lab import HostSpec, Lab, LabError, Nic, Topology, Wire
from tests.lab.state import holders
from tests.tools.tree import ROOT

from .waiting import until

PAIR = Topology(
    (
        HostSpec("left", (Nic("eth0", "line", ("192.0.2.1/24",)),)),
        HostSpec("right", (Nic("eth0", "line", ("192.0.2.2/24",)),)),
    ),
    (Wire("line"),),
)
# A lab whose maker is killed, or asked to end, in the middle.
VICTIM = """
import os, sys
from tests.lab import HostSpec, Lab, Topology
with Lab(Topology((HostSpec("one"),))) as lab:
    lab.host("one").start(["sleep", "300"])
    print(lab.state, flush=True)
    os.kill(os.getpid(), int(sys.argv[1]))
    import time; time.sleep(20)
"""


def test_a_host_has_its_own_name_files_and_processes(host):
    host.run(["sh", "-c", "echo mine > /etc/novanet-lab-test && echo mine > /var/lib/novanet-lab-test && mkdir /run/x"])

    assert host.run(["hostname"]).stdout == "host1\n"
    assert host.path("/etc/novanet-lab-test").read_text() == "mine\n"
    assert not Path("/etc/novanet-lab-test").exists()
    assert not Path("/var/lib/novanet-lab-test").exists()
    assert not Path("/run/x").exists()
    assert "sleep" not in host.run(["ps", "ax"]).stdout


def test_a_daemon_that_ends_is_gone_at_once(host):
    host.run(["sh", "-c", "sleep 0.01 & echo $! > /run/pid"])
    time.sleep(0.2)

    assert host.run(["sh", "-c", "kill -0 $(cat /run/pid)"], check=False).returncode != 0


def test_only_the_right_node_can_answer_with_its_token(lab):
    pair = lab(PAIR)
    pair.host("right").serve_token("right-token")

    for udp in (False, True):
        answer = pair.host("left").request("192.0.2.2", udp=udp)
        assert (answer.token, answer.peer) == ("right-token", "192.0.2.1")
    assert not pair.host("right").request("192.0.2.1", timeout=1)


def test_a_capture_sees_what_passes_and_which_way(lab):
    pair = lab(PAIR)
    with pair.capture(pair.host("right"), "eth0") as capture:
        pair.host("left").ping("192.0.2.2")
        time.sleep(0.1)

    pings = [(frame.direction, frame.source, frame.target) for frame in capture.frames if frame.kind == "icmp"]
    assert pings == [("in", "192.0.2.1", "192.0.2.2"), ("out", "192.0.2.2", "192.0.2.1")]


def test_a_guest_gets_the_address_that_a_dhcp_server_holds_for_it(one_host, host):
    host.batch(["link add br100 type bridge forward_delay 0", "address add 10.0.0.1/24 dev br100", "link set br100 up"])
    argv = "dnsmasq --conf-file=/dev/null --interface=br100 --bind-interfaces --dhcp-leasefile=/run/leases"
    options = [
        "--dhcp-range=10.0.0.0,static,600",
        "--dhcp-host=fa:16:3e:00:00:01,10.0.0.9,vm1",
        "--dhcp-option=26,1400",
    ]
    host.run([*argv.split(), "--pid-file=/run/dnsmasq.pid", *options])

    guest = one_host.plug("vm1", "host1", port="nova0001", mac="fa:16:3e:00:00:01", bridge="br100")
    lease = guest.dhcp()

    assert (lease.address, lease.prefix, lease.router, lease.mtu) == ("10.0.0.9", 24, "10.0.0.1", 1400)
    guest.serve_token("vm1-token")
    assert host.request("10.0.0.9").token == "vm1-token"
    guest.end_dhcp()
    assert "10.0.0.9" in host.path("/run/leases").read_text()
    one_host.unplug(guest)
    assert not host.request("10.0.0.9", timeout=1)


def test_bridge_calls_are_set_on_hosts_only_and_not_on_the_machine(one_host, host, bridge_calls):
    name = "/proc/sys/net/bridge/bridge-nf-call-iptables"
    before = Path(name).read_text()

    assert host.run(["cat", name]).stdout.strip() == ("1" if bridge_calls else "0")
    one_host.set_bridge_calls(not bridge_calls)
    assert host.run(["cat", name]).stdout.strip() == ("0" if bridge_calls else "1")
    assert Path(name).read_text() == before


def test_nothing_of_a_lab_is_left_after_it():
    with Lab(PAIR) as lab:
        state, pids = lab.state, [lab.host(name).pid for name in ("left", "right")]
        lab.host("left").run(["sh", "-c", "setsid sleep 300 > /dev/null 2>&1 < /dev/null &"])

    assert not state.exists()
    assert [pid for pid in pids if Path(f"/proc/{pid}").exists()] == []


def test_a_lab_that_fails_inside_is_taken_away():
    with pytest.raises(LabError, match=r"left: false: exit code 1"), Lab(PAIR) as lab:
        state = lab.state
        lab.host("left").run(["false"])
    assert not state.exists()


def test_an_interpreter_does_not_run_anywhere_else_once_its_host_is_gone(tmp_path):
    with Lab(PAIR) as lab:
        interpreter = tmp_path / "python"
        interpreter.write_bytes(lab.host("left").interpreter.read_bytes())
        interpreter.chmod(0o755)
        inside = subprocess.run(
            [interpreter, "-c", "import os; print(os.uname().nodename)"], capture_output=True, text=True, check=False
        )
    after = subprocess.run([interpreter, "-c", "print('ran')"], capture_output=True, text=True, check=False)

    assert inside.stdout == "left\n"
    assert (after.returncode, after.stdout) == (125, "")
    assert "lab node left is gone" in after.stderr


def _run_victim(number: int) -> Path:
    done = subprocess.run(
        [sys.executable, "-c", VICTIM, str(number)], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    return Path(done.stdout.strip())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_lab_goes_with_a_maker_that_is_asked_to_end(number):
    state = _run_victim(number)

    assert state.name.startswith("novanet-lab-")
    assert not state.exists()


def test_clean_removes_the_lab_of_a_killed_maker_and_no_other():
    with Lab(PAIR) as other:
        state = _run_victim(signal.SIGKILL)
        orphans = holders(state)
        assert len(orphans) == 2

        # Other labs of this machine that were killed are removed as well: that is what it is for.
        done = subprocess.run([ROOT / "tests/lab/clean"], capture_output=True, text=True, timeout=60, check=False)

        assert f"{state}: removed" in done.stdout
        assert f"{other.state}: in use, left alone" in done.stdout
        assert not state.exists()
        assert [process.pid for process in orphans if os.path.exists(f"/proc/{process.pid}")] == []
        other.host("right").serve_token("still-here")
        assert other.host("left").request("192.0.2.2").token == "still-here"


@pytest.fixture
def demo(tmp_path):
    """A demo in the middle of its first playbook, with a directory of its own for its lab."""
    with open(tmp_path / "output", "w") as output:
        environment = {**os.environ, "TMPDIR": str(tmp_path)}
        process = subprocess.Popen([ROOT / "tests/lab/demo"], stdout=output, stderr=output, env=environment)
    until(lambda: list(tmp_path.glob("novanet-lab-*/run-1.group")))
    yield process, tmp_path
    if process.poll() is None:
        process.kill()
    process.wait()
    subprocess.run([ROOT / "tests/lab/clean"], env=environment, check=True, capture_output=True)


def _processes_that_mention(text):
    lines = subprocess.run(
        ["ps", "-ewwo", "pid=,args="], capture_output=True, text=True, check=False
    ).stdout.splitlines()
    return [line for line in lines if text in line]


def test_an_interrupted_demo_leaves_nothing_behind(demo):
    process, place = demo
    assert _processes_that_mention(str(place))

    process.send_signal(signal.SIGINT)

    assert process.wait(20) == 130
    assert list(place.glob("novanet-lab-*")) == []
    until(lambda: not _processes_that_mention(str(place)), "the end of all processes")


def test_clean_removes_what_a_killed_demo_left_behind(demo):
    process, place = demo
    process.kill()
    process.wait()
    assert list(place.glob("novanet-lab-*"))
    assert _processes_that_mention(f"{place}/novanet-lab-")

    done = subprocess.run(
        [ROOT / "tests/lab/clean"],
        env={**os.environ, "TMPDIR": str(place)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stdout.count("removed")) == (0, 1)
    assert list(place.glob("novanet-lab-*")) == []
    until(lambda: not _processes_that_mention(str(place)), "the end of all processes")

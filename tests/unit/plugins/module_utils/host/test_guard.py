# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Guards on a host in memory: set up before the change, confirmed by who came back, taken back else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import (
    CommandFailed,
    Conflict,
    HostError,
    InUse,
    InvalidInput,
    NotFound,
)
from ansible_collections.novanet.network.plugins.module_utils.host import guard_arm, guard_confirm
from ansible_collections.novanet.network.plugins.module_utils.host.guard import (
    BOOT_ID,
    Guard,
    Place,
    parse_guard,
    program_directory,
    read_guard,
    read_taken_back,
    render_guard,
)
from ansible_collections.novanet.network.plugins.module_utils.host.guard_arm import Arming, Protection
from ansible_collections.novanet.network.plugins.module_utils.host.guard_confirm import confirm
from ansible_collections.novanet.network.plugins.module_utils.host.guard_copy import guard_sources
from ansible_collections.novanet.network.plugins.module_utils.host.guard_end import (
    drop_stale,
    is_watched,
    let_stay,
    take_back,
)
from ansible_collections.novanet.network.plugins.module_utils.host.guard_watch import Watch
from ansible_collections.novanet.network.plugins.module_utils.host.reconcile import Request
from ansible_collections.novanet.network.plugins.module_utils.host.runner import Completed

OLD = "192.0.2.9 50000 192.0.2.2 22"
NEW = "192.0.2.9 50001 192.0.2.2 22"
OWNER_FILES = ("bridges.guard", "bridges.taken_back", "bridges.confirmed", "bridges.json")


class Memory:
    """A runner with files and processes in memory. ``log`` has what was run; locks are on a real disk."""

    def __init__(self, state: Path, starts: bool = True) -> None:
        self.state = str(state)
        self.files = {BOOT_ID: "boot-1\n"}
        self.log: list[tuple[str, ...]] = []
        self.batches: list[str] = []
        self.starts = starts
        self.failing = 0
        self.said = ""

    @property
    def place(self) -> Place:
        return Place(self.state, "nova", "bridges")

    def run(self, argv: Sequence[str], stdin: str | None = None, accept: Sequence[int] = (0,)) -> Completed:
        self.log.append(tuple(argv))
        if argv[0] == "ip":
            if self.failing:
                self.failing -= 1
                raise CommandFailed(tuple(argv), -1, "no answer")
            self.batches.append(stdin or "")
        if argv[0] == "systemd-run":
            self._begin(tuple(argv))
        return Completed(tuple(argv), 1 if self.said else 0, "", self.said)

    def start(self, argv: Sequence[str]) -> None:
        self.log.append(tuple(argv))
        self._begin(tuple(argv))

    def _begin(self, argv: tuple[str, ...]) -> None:
        directory = next(word for word in argv if word.startswith("/run/novanet/guard/"))
        if self.starts:
            self.files[f"{directory}/pid"] = "77\n"
            self.files["/proc/77/cmdline"] = "\0".join(argv)

    def which(self, program: str) -> str | None:
        return f"/bin/{program}"

    def read(self, path: str) -> str | None:
        return self.files.get(path)

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        self.files[path] = text

    def remove(self, path: str) -> None:
        self.files.pop(path, None)

    def names(self, path: str) -> tuple[str, ...]:
        inside = [name[len(path) + 1 :] for name in self.files if name.startswith(f"{path}/")]
        return tuple(sorted({name.partition("/")[0] for name in inside}))

    def link_target(self, path: str) -> str | None:
        return "net:[1]" if path.endswith("ns/net") else None

    @property
    def stored(self) -> list[str]:
        """What there is of the owner, by name."""
        return [name for name in OWNER_FILES if f"{self.state}/nova/{name}" in self.files]


@pytest.fixture
def host(tmp_path: Path) -> Memory:
    return Memory(tmp_path)


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Return a function that sets the clock of the host."""

    def change(moment: float) -> None:
        for module in (guard_arm, guard_confirm):
            monkeypatch.setattr(module, "clock", lambda: moment)

    change(100.0)
    return change


def protection(host: Memory, guard_id: str = "aaaa", seconds: int = 60) -> Protection:
    return Protection(host.place, guard_id, seconds, lambda: {"errors.py": "# errors\n"}, "/usr/bin/python3")


def armed(host: Memory, guard_id: str = "aaaa", connection: str = OLD, **values: object) -> Guard:
    arming = protection(host, guard_id).over("192.0.2.2", connection, ("line 2", "line 1"), {})
    arming = replace(arming, guard=replace(arming.guard, **values))
    arming.arm(host, "journal of after\n")
    guard = read_guard(host, host.place)
    assert guard is not None
    return guard


def confirmed_by(host: Memory, connection: str = NEW, guard_id: str = "aaaa", check: bool = False) -> list[str]:
    changes = confirm(host, Request("nova", host.state, check=check), guard_id, connection)
    return [change.describe() for change in changes]


def test_a_guard_is_stored_and_watched_before_anything_else(host: Memory, now: Callable[[float], None]) -> None:
    guard = armed(host)
    assert (guard.boot, guard.deadline, guard.journal) == ("boot-1", 160.0, "journal of after\n")
    assert host.stored == ["bridges.guard"]
    directory = program_directory("aaaa")
    assert host.log[-1] == (
        ("/usr/bin/python3", "-I", "-B", directory, "guard", "--state-path", host.state)
        + ("--owner", "nova", "--subsystem", "bridges", "--detach")
    )
    assert f"{directory}/novanet/errors.py" in host.files
    assert is_watched(host, "aaaa")


def test_under_systemd_a_unit_of_its_own_watches(host: Memory, now: Callable[[float], None]) -> None:
    host.files |= {"/run/systemd/system/x": "", "/proc/1/comm": "systemd\n"}
    armed(host)
    assert host.log[-1][0] == "systemd-run"
    assert {"--collect", "--unit=novanet-guard-aaaa", "--property=Restart=on-failure"} <= set(host.log[-1])
    assert "--detach" not in host.log[-1]


def test_without_one_that_watches_nothing_is_begun(
    host: Memory, now: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard_arm, "_START_TIMEOUT", 0.0)
    host.starts = False
    with pytest.raises(HostError, match="does not start. Nothing was changed"):
        armed(host)
    assert host.stored == [] and host.names("/run/novanet/guard") == ()


def test_a_number_of_a_process_that_is_another_one_is_no_watch(host: Memory, now: Callable[[float], None]) -> None:
    armed(host)
    host.files["/proc/77/cmdline"] = "/usr/bin/python3\0-I\0/run/novanet/guard/bbbb"
    assert not is_watched(host, "aaaa")
    del host.files["/proc/77/cmdline"]
    assert not is_watched(host, "aaaa")


def test_what_is_stored_reads_back(host: Memory, now: Callable[[float], None]) -> None:
    guard = armed(host, files={"/etc/modules-load.d/novanet.conf": None})
    assert parse_guard(render_guard(guard), "x") == guard


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"schema": 1}', '{"schema": 2, "undo": []}'])
def test_a_damaged_guard_is_named(text: str) -> None:
    with pytest.raises(HostError, match="state file x"):
        parse_guard(text, "x")


def test_a_new_connection_to_the_same_address_confirms(host: Memory, now: Callable[[float], None]) -> None:
    armed(host)
    host.files[host.place.taken_back] = '{"id": "9", "time": "t", "reason": "r"}'
    assert confirmed_by(host, check=True) == ["run guard aaaa (change of the bridges confirmed)"]
    assert "bridges.guard" in host.stored
    assert confirmed_by(host) == ["run guard aaaa (change of the bridges confirmed)"]
    assert host.stored == ["bridges.confirmed", "bridges.json"]
    assert host.files[f"{host.state}/nova/bridges.json"] == "journal of after\n"
    # The answer was lost, and it is asked for again.
    assert confirmed_by(host) == []
    with pytest.raises(NotFound):
        confirmed_by(host, guard_id="bbbb")


@pytest.mark.parametrize(
    ("connection", "message"),
    [
        (OLD, "over the connection that it was made over"),
        ("", "no connection by SSH"),
        ("192.0.2.9 50001 198.51.100.2 22", "this connection came to 198.51.100.2, not to 192.0.2.2"),
    ],
)
def test_a_connection_that_shows_nothing_does_not_confirm(
    host: Memory, now: Callable[[float], None], connection: str, message: str
) -> None:
    armed(host)
    with pytest.raises(Conflict, match=message):
        confirmed_by(host, connection)
    assert host.stored == ["bridges.guard"]


def test_where_the_change_was_not_made_over_ssh_any_connection_confirms(
    host: Memory, now: Callable[[float], None]
) -> None:
    armed(host, connection="")
    assert confirmed_by(host, "")


def test_neither_after_its_time_nor_after_a_boot_it_can_be_confirmed(
    host: Memory, now: Callable[[float], None]
) -> None:
    armed(host)
    now(160.0)
    with pytest.raises(HostError, match="too late"):
        confirmed_by(host)
    now(5.0)
    host.files[BOOT_ID] = "boot-2\n"
    with pytest.raises(HostError, match="was booted since"):
        confirmed_by(host)


def test_all_is_taken_back_last_first_and_told(host: Memory, now: Callable[[float], None]) -> None:
    guard = armed(host, undo=tuple(f"line {number}" for number in range(1200)), files={"/a": None, "/b": "before"})
    host.files |= {"/a": "after", "/b": "after"}
    sentence = take_back(host, host.place, guard)
    assert [batch.count("\n") for batch in host.batches] == [500, 500, 200]
    assert "".join(host.batches).split("\n")[:-1] == list(guard.undo)
    assert "/a" not in host.files and host.files["/b"] == "before"
    assert host.stored == ["bridges.taken_back"]
    reason = "the controller did not come back to 192.0.2.2 over a new connection within 60 s"
    assert sentence == f"nova: change aaaa of the bridges is taken back: {reason}"
    with pytest.raises(HostError, match=f"change aaaa is taken back: {reason}"):
        confirmed_by(host)


def test_what_could_not_be_undone_is_said(host: Memory, now: Callable[[float], None]) -> None:
    guard = armed(host)
    host.said = 'Cannot find device "br0"\n'
    assert take_back(host, host.place, guard).endswith('; ip said of what was undone: Cannot find device "br0"')


def test_a_confirmation_that_is_killed_half_way_counts(host: Memory, now: Callable[[float], None]) -> None:
    guard = armed(host)
    before = dict(host.files)
    let_stay(host, host.place, guard)
    host.files = {**before, host.place.confirmed: host.files[host.place.confirmed]}
    assert take_back(host, host.place, guard) == "nova: change aaaa of the bridges is confirmed"
    assert (host.batches, host.stored) == ([], ["bridges.confirmed", "bridges.json"])
    host.files = {**before, host.place.confirmed: "aaaa\n", BOOT_ID: "boot-2"}
    assert drop_stale(host, host.place) == "nova: change aaaa of the bridges is confirmed"
    assert host.stored == ["bridges.confirmed", "bridges.json"]


def test_a_boot_drops_what_was_not_confirmed_and_nothing_else(host: Memory, now: Callable[[float], None]) -> None:
    armed(host)
    assert drop_stale(host, host.place) == ""
    host.files[BOOT_ID] = "boot-2\n"
    assert drop_stale(host, host.place).endswith("is not brought back: the host was booted before it was confirmed")
    assert host.stored == ["bridges.taken_back"]
    assert drop_stale(host, host.place) == ""


class Clock:
    """A clock that goes as far as somebody sleeps, and then does something."""

    def __init__(self, then: Callable[[float], None] = lambda moment: None) -> None:
        self.moment = 100.0
        self.then = then

    def __call__(self) -> float:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.moment += seconds
        self.then(self.moment)


def watch(host: Memory, guard: Guard, then: Callable[[float], None] = lambda moment: None) -> tuple[int, Clock]:
    clock = Clock(then)
    return Watch(host, host.place, guard, lambda sentence: None, clock, clock.sleep).run(), clock


def test_the_program_takes_back_when_its_time_is_over(host: Memory, now: Callable[[float], None]) -> None:
    code, clock = watch(host, armed(host))
    assert (code, clock.moment, host.batches) == (0, 160.0, ["line 2\nline 1\n"])
    assert host.stored == ["bridges.taken_back"] and host.names("/run/novanet/guard") == ()


def test_the_program_ends_by_itself_when_it_is_confirmed(host: Memory, now: Callable[[float], None]) -> None:
    guard = armed(host)
    code, clock = watch(host, guard, lambda moment: let_stay(host, host.place, guard) if moment > 110 else None)
    assert code == 0 and 110 < clock.moment < 112 and host.batches == []
    assert host.names("/run/novanet/guard") == ()
    # Nor does it make a directory anew that a teardown has removed.
    assert list(Path(host.state).iterdir()) == []


def test_a_guard_of_another_run_is_not_its_own(host: Memory, now: Callable[[float], None]) -> None:
    guard = armed(host)
    other = replace(guard, id="bbbb")
    host.files[host.place.guard] = render_guard(other)
    code, _clock = watch(host, guard)
    assert (code, host.batches, read_guard(host, host.place)) == (0, [], other)


def test_a_guard_that_somebody_damaged_is_no_confirmation(host: Memory, now: Callable[[float], None]) -> None:
    guard = armed(host)
    host.files[host.place.guard] = "x"
    assert watch(host, guard)[0] == 0
    assert host.batches == ["line 2\nline 1\n"]


@pytest.mark.parametrize(("failures", "code"), [(3, 0), (10, 1)])
def test_what_fails_is_tried_again(host: Memory, now: Callable[[float], None], failures: int, code: int) -> None:
    guard = armed(host)
    host.failing = failures
    assert watch(host, guard)[0] == code
    assert ("bridges.guard" in host.stored) == bool(code)


def test_a_run_sees_its_own_guard_and_waits_for_others(host: Memory, now: Callable[[float], None]) -> None:
    armed(host)
    assert protection(host).look(host).own
    protection(host).look(host).refuse_others()
    for other in (protection(host, "bbbb"), protection(host, "")):
        sight = other.look(host)
        assert not sight.own
        with pytest.raises(InUse, match="change aaaa of the bridges of owner nova is not confirmed for 60 s more"):
            sight.refuse_others()


def test_what_happened_is_told_with_what_need_not_be_kept(host: Memory, now: Callable[[float], None]) -> None:
    take_back(host, host.place, armed(host))
    sight = protection(host, "bbbb").look(host)
    assert sight.notes[0].startswith("An earlier change of this host (aaaa) is not in effect: the controller did not")
    assert sight.spent == (host.place.taken_back,)
    armed(host)
    host.files[BOOT_ID] = "boot-2\n"
    sight = protection(host, "bbbb").look(host)
    assert len(sight.notes) == 2 and set(sight.spent) == {host.place.taken_back, host.place.guard}
    assert sight.others == ""


def test_a_later_run_takes_back_only_what_nobody_watches_any_more(
    host: Memory, now: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(guard_arm, "tell", said.append)
    armed(host)
    now(1000.0)
    protection(host, "bbbb").settle(host)
    assert host.stored == ["bridges.guard"]
    del host.files["/proc/77/cmdline"]
    now(161.0)
    protection(host, "bbbb").settle(host)
    assert host.stored == ["bridges.guard"]
    now(166.0)
    protection(host, "bbbb").settle(host)
    assert (host.stored, len(said)) == (["bridges.taken_back"], 1)


@pytest.mark.parametrize("seconds", [4, 3601])
def test_a_time_that_cannot_be_meant_is_refused(host: Memory, seconds: int) -> None:
    with pytest.raises(InvalidInput, match=f"rollback_seconds {seconds}"):
        protection(host, seconds=seconds)


def test_disarming_leaves_nothing(host: Memory, now: Callable[[float], None]) -> None:
    armed(host)
    guard = read_guard(host, host.place)
    assert guard is not None
    Arming(protection(host), guard).disarm(host)
    assert host.stored == [] and read_taken_back(host, host.place) is None


def test_the_program_has_all_that_it_needs() -> None:
    sources = guard_sources()
    assert {"errors.py", "change.py", "host/guard_watch.py", "host/guard_end.py", "host/reconcile.py"} <= set(sources)

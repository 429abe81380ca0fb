# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The directories of instances on a host, with everything real but xorriso."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.errors import CommandFailed, HostError, NovaError
from ansible_collections.novanet.network.plugins.module_utils.host.injection.subsystem import Injection
from ansible_collections.novanet.network.plugins.module_utils.host.reconcile import Outcome, Request, reconcile
from ansible_collections.novanet.network.plugins.module_utils.host.runner import Completed, SystemRunner

WEB = "7f1c3c5e-54f8-5b0e-9d35-6a0a5c1d9e42"
DATABASE = "7f1c3c5e-54f8-5b0e-9d35-6a0a5c1d9e43"


class Packer(SystemRunner):
    """A host whose xorriso writes the names and texts of the files that it is given, or fails for one instance."""

    def __init__(self) -> None:
        self.built: list[str] = []
        self.broken = ""
        self.installed = True

    def which(self, program: str) -> str | None:
        if program == "xorriso":
            return "/usr/bin/xorriso" if self.installed else None
        return super().which(program)

    def run(self, argv: Sequence[str], stdin: str | None = None, accept: Sequence[int] = (0,)) -> Completed:
        if argv[0] != "xorriso":
            return super().run(argv, stdin, accept)
        target = Path(argv[argv.index("-o") + 1])
        pairs = [word.split("=", 1) for word in argv[argv.index("-graft-points") + 1 :]]
        if self.broken and self.broken in str(target):
            target.write_text("half")
            raise CommandFailed(tuple(argv), 32, "no space left")
        self.built.append(f"{target.parent.name}/{argv[argv.index('-V') + 1]}")
        target.write_text("".join(f"{name}\n{Path(path).read_text()}" for name, path in pairs))
        return Completed(tuple(argv), 0, "", "")


class Machine:
    """A host and what is asked of it."""

    def __init__(self, path: Path) -> None:
        self.state, self.seeds = path / "state", path / "seeds"
        self.runner = Packer()

    def converge(
        self, *items: dict[str, Any], owner: str = "nova", check: bool = False, path: Path | None = None, **options: Any
    ) -> Outcome:
        chosen = {"path": str(path or self.seeds), "images": ["nocloud"], "purge": True, **options}
        request = Request(owner, str(self.state), check=check)
        return reconcile(Injection(owner), {"instances": list(items), **chosen}, self.runner, request)

    def files(self) -> list[str]:
        return sorted(str(path.relative_to(self.seeds)) for path in self.seeds.rglob("*") if path.is_file())


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def guest(name: str = "web1", uuid: str = WEB, last: int = 2, **changed: Any) -> dict[str, Any]:
    nic = {"mac": f"fa:16:3e:00:00:{last:02x}", "address": f"10.0.0.{last}/24"}
    return {"name": name, "uuid": uuid, "hostname": name, "nics": [nic], **changed}


def changes(outcome: Outcome) -> list[str]:
    return [change.describe() for change in outcome.changes]


def image(machine: Machine, uuid: str = WEB) -> Path:
    return machine.seeds / uuid / "cidata.iso"


def test_a_preview_tells_what_the_run_does_and_a_second_run_does_nothing(machine: Machine) -> None:
    preview = machine.converge(guest(), check=True)
    assert not machine.seeds.exists() and not machine.state.exists()
    run = machine.converge(guest())
    assert (preview.changes, preview.after) == (run.changes, run.after)
    names = "cidata/meta-data, cidata/network-config, cidata/user-data, cidata.iso"
    assert changes(run) == [f"create injection web1 ({names})"]
    assert machine.converge(guest()).changes == () and machine.runner.built == [f"{WEB}/cidata"]


def test_only_root_can_read_what_may_hold_secrets(machine: Machine) -> None:
    previous = os.umask(0)
    try:
        machine.converge(guest(user_data="#cloud-config\npassword: sesame\n"))
    finally:
        os.umask(previous)
    modes = {path.stat().st_mode & 0o777 for path in machine.seeds.rglob("*") if path.is_file()}
    assert modes == {0o600}


def test_neither_result_nor_diff_tell_user_data_and_a_change_of_it_is_seen(machine: Machine) -> None:
    images = ["nocloud", "config_drive"]
    first = machine.converge(guest(user_data="sesame"), images=images)
    assert "sesame" not in json.dumps(first.after)
    other = machine.converge(guest(user_data="sesame\r\n"), images=images)
    names = "cidata/user-data, config-2/openstack/latest/user_data, cidata.iso, config-2.iso"
    assert changes(other) == [f"update injection web1 ({names})"]
    assert machine.converge(guest(user_data="sesame\r\n"), images=images).changes == ()
    assert (machine.seeds / WEB / "cidata/user-data").read_bytes() == b"sesame\r\n"


@pytest.mark.parametrize("name", ["cidata/network-config", "cidata/user-data", "cidata.iso", "interfaces"])
@pytest.mark.parametrize("damage", ["changed", "gone"])
def test_what_was_changed_by_hand_is_repaired(machine: Machine, name: str, damage: str) -> None:
    wish = guest(interfaces="auto lo\n")
    machine.converge(wish)
    place = machine.seeds / WEB / name
    good = place.read_bytes()
    if damage == "gone":
        place.unlink()
    else:
        place.write_text("something else")
    assert changes(machine.converge(wish)) == [f"update injection web1 ({name})"]
    assert place.read_bytes() == good
    assert machine.converge(wish).changes == ()


def test_what_is_no_longer_wanted_goes_and_what_others_put_there_stays(machine: Machine) -> None:
    machine.converge(guest(interfaces="auto lo\n"), guest("db1", DATABASE, 3), images=["nocloud", "config_drive"])
    stranger = machine.seeds / DATABASE / "cidata" / "vendor-data"
    stranger.write_text("mine")
    outcome = machine.converge(guest())
    assert changes(outcome)[0] == f"delete injection db1 ({machine.seeds}/{DATABASE})"
    assert "without config-2.iso" in changes(outcome)[1] and "without interfaces" in changes(outcome)[1]
    mine = [f"{WEB}/{name}" for name in ("cidata.iso", "cidata/meta-data", "cidata/network-config", "cidata/user-data")]
    assert machine.files() == [*mine, f"{WEB}/novanet.json", f"{DATABASE}/cidata/vendor-data"]
    assert not (machine.seeds / WEB / "config-2").exists()


def test_what_others_put_beside_our_files_gets_into_no_image(machine: Machine) -> None:
    machine.converge(guest())
    (machine.seeds / WEB / "cidata/vendor-data").write_text("mine")
    image(machine).unlink()
    machine.converge(guest())
    assert "mine" not in image(machine).read_text()


def test_without_purge_only_what_is_listed_is_touched(machine: Machine) -> None:
    machine.converge(guest(), purge=False)
    machine.converge(guest("db1", DATABASE, 3), purge=False)
    assert image(machine).exists() and image(machine, DATABASE).exists()
    gone = {"name": "web1", "uuid": WEB, "state": "absent"}
    assert changes(machine.converge(gone, purge=False)) == [f"delete injection web1 ({machine.seeds}/{WEB})"]
    assert not image(machine).exists() and image(machine, DATABASE).exists()


def test_an_instance_moves_with_the_path_and_is_still_known_there(machine: Machine, tmp_path: Path) -> None:
    machine.converge(guest(), purge=False)
    outcome = machine.converge(guest(), purge=False, path=tmp_path / "other")
    assert [change.action for change in outcome.changes] == ["delete", "create"]
    assert not (machine.seeds / WEB).exists() and (tmp_path / "other" / WEB / "cidata.iso").exists()
    machine.converge(path=tmp_path / "third")
    assert not (tmp_path / "other" / WEB).exists()


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("disk.img", "a disk", f"instance web1 cannot have the directory .*/{WEB}: it is there, and is not ours"),
        (
            "novanet.json",
            '{"owner": "lab", "name": "web1", "images": {"cidata.iso": 1}}',
            f"instance web1 has its directory .*/{WEB} from owner lab",
        ),
        ("novanet.json", "[1]", "it is there, and is not ours"),
        ("novanet.json", '{"owner": 1, "name": "web1"}', "it is there, and is not ours"),
    ],
)
def test_a_directory_that_is_not_ours_is_refused_untouched(
    machine: Machine, name: str, content: str, problem: str
) -> None:
    (machine.seeds / WEB).mkdir(parents=True)
    (machine.seeds / WEB / name).write_text(content)
    with pytest.raises(NovaError, match=problem):
        machine.converge(guest())
    assert machine.files() == [f"{WEB}/{name}"]
    machine.converge()
    assert machine.files() == [f"{WEB}/{name}"]


def test_a_missing_program_is_one_clear_message_and_nothing_is_written(machine: Machine) -> None:
    machine.runner.installed = False
    with pytest.raises(HostError, match="program xorriso is not installed .* the image of instance web1 needs it"):
        machine.converge(guest())
    assert not machine.seeds.exists()
    machine.converge(guest(interfaces="auto lo\n"), images=[])
    assert machine.files() == [f"{WEB}/interfaces", f"{WEB}/novanet.json"]


def test_a_failure_names_the_instance_keeps_the_old_image_and_is_made_good_by_the_next_run(machine: Machine) -> None:
    first, second = guest(), guest("db1", DATABASE, 3)
    machine.converge(first, second)
    before = image(machine, DATABASE).read_text()
    machine.runner.broken = DATABASE
    changed = [{**item, "hostname": f"{item['name']}.example.org"} for item in (first, second)]
    with pytest.raises(HostError, match="instance db1 could not be injected: .*no space left.* Done before: web1."):
        machine.converge(*changed)
    assert image(machine, DATABASE).read_text() == before
    assert not [name for name in machine.files() if ".novanet-" in name]
    machine.runner.broken = ""
    assert [change.name for change in machine.converge(*changed).changes] == ["db1"]
    assert "db1.example.org" in image(machine, DATABASE).read_text()


def test_what_a_crash_left_half_written_is_ours_and_goes(machine: Machine) -> None:
    (machine.seeds / WEB / "cidata").mkdir(parents=True)
    (machine.seeds / WEB / ".novanet-x1").write_text("half")
    (machine.seeds / WEB / "cidata").rmdir()
    machine.converge(guest())
    (machine.seeds / WEB / "cidata/.novanet-x2").write_text("half")
    machine.converge({**guest(), "hostname": "other"})
    assert not [name for name in machine.files() if ".novanet-" in name]
    shutil.rmtree(machine.state)
    machine.converge()
    assert machine.files() == []


def test_two_owners_share_a_path_and_leave_each_other_alone(machine: Machine) -> None:
    machine.converge(guest())
    machine.converge(guest("db1", DATABASE, 3), owner="lab")
    machine.converge(owner="lab")
    assert image(machine).exists() and not (machine.seeds / DATABASE).exists()

# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""nova_injection on a host, its images read by a program that did not make them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from tests.functional.bridges import succeeded
from tests.lab.host import Host

Run = Callable[..., dict[str, Any]]

UUID = "7f1c3c5e-54f8-5b0e-9d35-6a0a5c1d9e42"
SEEDS = "/var/lib/novanet/nova/injection"
WEB = {
    "name": "web1",
    "uuid": UUID,
    "hostname": "web1.example.org",
    "project": "red",
    "nics": [
        {"mac": "fa:16:3e:00:00:02", "address": "10.0.0.2/24", "gateway": "10.0.0.1", "dns": ["9.9.9.9"]},
        {"mac": "fa:16:3e:00:00:03", "address_v6": "fd00::2/64", "mtu": 1450},
    ],
    "interfaces": "auto lo\niface lo inet loopback\n",
    "user_data": "#cloud-config\npackages: [nginx]\n",
}
BOTH = ["nocloud", "config_drive"]


def read_image(host: Host, path: str) -> tuple[str, dict[str, str]]:
    """Return the label of an image and its files, as isoinfo finds them by the long names that Linux uses."""
    label = next(
        line.split(": ", 1)[1]
        for line in host.run(["isoinfo", "-d", "-i", path]).stdout.splitlines()
        if line.startswith("Volume id: ")
    )
    listed = host.run(["isoinfo", "-R", "-f", "-i", path]).stdout.split()
    texts = {name: host.run(["isoinfo", "-R", "-i", path, "-x", name]).stdout for name in listed}
    return label, {name: text for name, text in texts.items() if text}


def digest(host: Host, path: str) -> str:
    return hashlib.sha256(host.path(path).read_bytes()).hexdigest()


def test_a_seed_and_a_config_drive_can_be_read_by_others(host: Host, run_module: Run) -> None:
    made = succeeded(run_module("nova_injection", instances=[WEB], images=BOTH))
    assert made["instances"][0]["directory"] == f"{SEEDS}/{UUID}"
    label, seed = read_image(host, f"{SEEDS}/{UUID}/cidata.iso")
    assert (label, set(seed)) == ("cidata", {"/meta-data", "/network-config", "/user-data"})
    assert yaml.safe_load(seed["/meta-data"]) == {"instance-id": UUID, "local-hostname": "web1.example.org"}
    assert yaml.safe_load(seed["/network-config"])["ethernets"]["eth1"]["addresses"] == ["fd00::2/64"]
    assert seed["/user-data"] == WEB["user_data"]
    label, drive = read_image(host, f"{SEEDS}/{UUID}/config-2.iso")
    latest = {f"/openstack/latest/{name}" for name in ("meta_data.json", "network_data.json", "user_data")}
    assert (label, set(drive)) == ("config-2", {"/openstack/content/0000", *latest})
    assert json.loads(drive["/openstack/latest/network_data.json"])["links"][1]["mtu"] == 1450
    assert drive["/openstack/content/0000"] == WEB["interfaces"]


def test_the_same_content_is_the_same_image_wherever_and_whenever(host: Host, run_module: Run) -> None:
    places = {"/var/lib/one": {}, "/var/lib/other": {"TZ": "Asia/Tokyo"}}
    for path in places:
        succeeded(run_module("nova_injection", instances=[WEB], images=BOTH, path=path, owner=path[9:]))
        host.run(["sh", "-c", f"touch -d 2001-02-03 {path}/{UUID}/cidata/*; rm {path}/{UUID}/*.iso"])
        succeeded(run_module("nova_injection", instances=[WEB], images=BOTH, path=path, owner=path[9:]))
    for name in ("cidata.iso", "config-2.iso"):
        assert digest(host, f"/var/lib/one/{UUID}/{name}") == digest(host, f"/var/lib/other/{UUID}/{name}")


def test_it_comes_stays_changes_and_goes_as_check_mode_says(host: Host, run_module: Run) -> None:
    changed = {**WEB, "hostname": "web2.example.org"}
    gone = {"name": "web1", "uuid": UUID, "state": "absent"}
    for wish, action in ((WEB, "create"), (changed, "update"), (gone, "delete")):
        foreseen = succeeded(run_module("nova_injection", instances=[wish], images=BOTH, check=True, diff=True))
        done = succeeded(run_module("nova_injection", instances=[wish], images=BOTH, diff=True))
        assert foreseen == done and done["changes"][0].startswith(f"{action} injection web1 (")
        assert "nginx" not in json.dumps(done)
        assert not succeeded(run_module("nova_injection", instances=[wish], images=BOTH))["changed"]
    assert host.run(["ls", "-A", SEEDS]).stdout == ""


def test_without_the_program_nothing_is_written_and_the_instance_is_named(host: Host, run_module: Run) -> None:
    host.run(["mount", "--bind", "/dev/null", "/usr/bin/xorriso"])
    result = run_module("nova_injection", instances=[WEB])
    assert result["failed"]
    assert "program xorriso is not installed on this host, and the image of instance web1 needs it" in result["msg"]
    assert host.run(["test", "-e", SEEDS], check=False).returncode != 0
    host.run(["umount", "/usr/bin/xorriso"])
    succeeded(run_module("nova_injection", instances=[WEB]))


def test_a_full_disk_is_an_error_with_the_instance_and_no_half_image(host: Host, run_module: Run) -> None:
    host.run(["mkdir", "/var/lib/small"])
    host.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", "/var/lib/small"])
    result = run_module("nova_injection", instances=[WEB], path="/var/lib/small")
    assert result["failed"] and "instance web1 could not be injected: " in result["msg"]
    assert host.run(["sh", "-c", "find /var/lib/small -name '*.iso'"]).stdout == ""
    host.run(["mount", "-o", "remount,size=1m", "/var/lib/small"])
    succeeded(run_module("nova_injection", instances=[WEB], path="/var/lib/small"))
    assert read_image(host, f"/var/lib/small/{UUID}/cidata.iso")[0] == "cidata"


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"uuid": "x"}, "instances[0].uuid 'x' is not a UUID"),
        ({"hostname": None}, "instances[0].hostname is missing"),
        ({"nics": [{"mac": "fa:16:3e:00:00:02", "address": "10.0.0.2/33"}]}, "nics[0].address '10.0.0.2/33' is not"),
    ],
)
def test_bad_input_is_one_message_and_no_file(
    host: Host, run_module: Run, changed: dict[str, Any], problem: str
) -> None:
    result = run_module("nova_injection", instances=[{**WEB, **changed}])
    assert result["failed"] and problem in result["msg"] and "Traceback" not in json.dumps(result)
    assert host.run(["test", "-e", SEEDS], check=False).returncode != 0

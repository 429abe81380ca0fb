# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.novanet.network.plugins.module_utils.ipam.document import checksum
from ansible_collections.novanet.network.plugins.modules import nova_ipam_copy

from tests.unit.plugins.module_utils.ipam.small_cloud import SmallCloud, gone, web
from tests.unit.plugins.modules.module_run import run_module


@pytest.fixture
def cloud(tmp_path: Path) -> SmallCloud:
    (tmp_path / "one").mkdir()
    cloud = SmallCloud(tmp_path / "one")
    cloud.boot(web("a", floating_ip={}), web("b"))
    cloud.boot(gone("a"))
    cloud.confirm("c1", "net1")
    return cloud


@pytest.fixture
def copy(capsys: pytest.CaptureFixture[str]) -> Any:
    def run(source: object, target: object, **options: Any) -> dict[str, Any]:
        return run_module(nova_ipam_copy, capsys, source=str(source), target=str(target), **options)

    return run


def dump(path: Path) -> list[str]:
    """Return every row of every table, as it is stored."""
    with sqlite3.connect(path) as database:
        return sorted(line for line in database.iterdump() if line.startswith("INSERT"))


def second(tmp_path: Path) -> tuple[Path, str]:
    return tmp_path / "two/ipam.sqlite", f"sqlite:///{tmp_path}/two/ipam.sqlite"


def resealed(text: str, change: Any) -> str:
    """Return a document after a change, with the checksum that it has then."""
    document = json.loads(text)
    change(document)
    return json.dumps({**document, "sha256": checksum(document["tables"])})


def test_a_document_feeds_back_in_and_gives_the_same_database(cloud: SmallCloud, copy: Any, tmp_path: Path) -> None:
    document, (path, url) = tmp_path / "ipam.json", second(tmp_path)
    before = dump(cloud.path)
    backup = copy(cloud.url, document)
    assert backup["changes"][0].startswith(f"create IPAM {backup['ipam_uuid']} (in {document}, generation ")
    assert document.stat().st_mode & 0o777 == 0o600
    restored = copy(document, url)
    assert (restored["changed"], restored["rows"]) == (True, backup["rows"])
    assert dump(path) == before == dump(cloud.path)
    assert len(before) > 20


def test_a_copy_goes_on_where_the_other_one_was(cloud: SmallCloud, copy: Any, tmp_path: Path) -> None:
    _path, url = second(tmp_path)
    copy(cloud.url, url)
    expected = cloud.boot(web("c"), check=True).views[0]
    cloud.url = url
    booted = cloud.boot(web("c")).views[0]
    assert booted["networks"] == expected["networks"]


def test_a_second_copy_changes_nothing(cloud: SmallCloud, copy: Any, tmp_path: Path) -> None:
    for target in (tmp_path / "ipam.json", second(tmp_path)[1]):
        copy(cloud.url, target)
        assert copy(cloud.url, target)["changes"] == []
        assert not copy(cloud.url, target, replace=True)["changed"]


def test_a_preview_tells_and_leaves_no_trace(cloud: SmallCloud, copy: Any, tmp_path: Path) -> None:
    for target in (tmp_path / "ipam.json", second(tmp_path)[1]):
        foretold = copy(cloud.url, target, check=True)
        assert [path.name for path in tmp_path.iterdir()] == ["one"]
        assert copy(cloud.url, target)["changes"] == foretold["changes"] != []
        shutil.rmtree(tmp_path / "two", ignore_errors=True)
        (tmp_path / "ipam.json").unlink(missing_ok=True)


def test_an_earlier_state_is_brought_up_to_date(cloud: SmallCloud, copy: Any, tmp_path: Path) -> None:
    for target in (tmp_path / "ipam.json", second(tmp_path)[1]):
        copy(cloud.url, target)
        cloud.boot(web("c" if target == tmp_path / "ipam.json" else "d"))
        assert copy(cloud.url, target)["changes"][0].startswith("update IPAM ")


def test_what_would_be_lost_is_refused_without_consent(cloud: SmallCloud, copy: Any, tmp_path: Path) -> None:
    path, url = second(tmp_path)
    copy(cloud.url, tmp_path / "old.json")
    cloud.boot(web("c"))
    newer = dump(cloud.path)
    refused = copy(tmp_path / "old.json", cloud.url)
    assert "holds a newer state of this IPAM, generation 5 against 4. Set replace to true" in refused["msg"]
    assert "holds a newer state" in copy(tmp_path / "old.json", cloud.url, check=True)["msg"]
    assert dump(cloud.path) == newer
    path.parent.mkdir()
    other = SmallCloud(path.parent)
    assert "holds another IPAM" in copy(cloud.url, other.url)["msg"]
    assert copy(cloud.url, other.url, replace=True)["changed"]
    assert dump(path) == newer


def test_a_copy_that_went_its_own_way_is_not_overwritten(cloud: SmallCloud, copy: Any, tmp_path: Path) -> None:
    _path, url = second(tmp_path)
    copy(cloud.url, url)
    source = cloud.url
    cloud.boot(web("c"))
    cloud.boot(web("d"))
    cloud.url = url
    cloud.boot(web("e"))
    assert "with changes that the source does not have" in copy(source, url)["msg"]


def test_an_old_state_counts_on_from_what_hosts_have_seen(cloud: SmallCloud, copy: Any, tmp_path: Path) -> None:
    document, (_path, url) = tmp_path / "ipam.json", second(tmp_path)
    copy(cloud.url, document)
    assert copy(document, url, minimum_generation=57)["generation"] == 57
    assert not copy(document, url, minimum_generation=57)["changed"]
    assert copy(document, tmp_path / "same.json", minimum_generation=2)["generation"] == cloud.generation() == 4
    cloud.url = url
    cloud.boot(web("c"))
    assert cloud.generation() == 58


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda text: text[: len(text) // 2], "is damaged: it is no JSON"),
        (lambda text: text.replace("10.0.0.", "10.0.1."), "is damaged: its checksum is another one"),
        (lambda text: "[]", "is no document of an IPAM"),
        (lambda text: resealed(text, lambda it: it.update(document="shopping")), "is no document of an IPAM"),
        (lambda text: resealed(text, lambda it: it.update(schema_version=99)), "has schema 99, this release knows"),
        (lambda text: resealed(text, lambda it: it["tables"].pop("ports")), "table ports is missing"),
        (lambda text: resealed(text, lambda it: it["tables"].update(more=[])), "has tables that are not known"),
        (lambda text: resealed(text, lambda it: it["tables"]["networks"][0].pop("mtu")), "networks[0] has other col"),
        (lambda text: resealed(text, lambda it: it["tables"]["networks"][0].update(first="x")), "networks[0].first"),
        (lambda text: resealed(text, lambda it: it["tables"]["networks"].clear()), "contradicts what the database"),
    ],
)
def test_a_damaged_or_foreign_document_is_refused_with_nothing_changed(
    cloud: SmallCloud, copy: Any, tmp_path: Path, damage: Any, message: str
) -> None:
    document = tmp_path / "ipam.json"
    copy(cloud.url, document)
    document.write_text(damage(document.read_text()))
    before = dump(cloud.path)
    assert message in copy(document, cloud.url, replace=True)["msg"]
    assert dump(cloud.path) == before


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        ("/nowhere/ipam.json", "/x.json", "document /nowhere/ipam.json cannot be read: No such file"),
        ("ipam.json", "/x.json", "source ipam.json is neither the URL of a database nor an absolute path"),
        ("/x.json", "/x.json", "target is the source as well"),
        ("mysql://nova:hunter2@db/ipam", "/x.json", "database mysql://nova:***@db/ipam has a kind that is not known"),
    ],
)
def test_a_place_that_cannot_be_is_refused(copy: Any, source: str, target: str, message: str) -> None:
    result = copy(source, target)
    assert message in result["msg"]
    assert "hunter2" not in json.dumps(result)

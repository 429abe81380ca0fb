# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from tests.lab.report import Report, render_table
from tests.lab.snapshot import differences, plain


def test_columns_are_as_wide_as_they_need_to_be():
    assert render_table(("a", "bb"), [("ccc", ""), ("", "d")], indent="") == "a    bb\n---  --\nccc\n     d"


def test_a_failed_check_decides_the_exit_code_and_is_named_at_the_end(capsys):
    report = Report()
    report.stage("part")
    report.check("first", True)
    assert report.close() == 0

    report.check("second", False, "why")

    assert report.close() == 1
    said = capsys.readouterr().out
    assert "1 of 2 checks FAILED:\n  part: second\n      why\n" in said
    assert "demo: 2 checks, 1 failed, 0 s" in said


def test_what_only_ages_is_no_difference():
    before = {"links": plain([{"ifname": "b", "ifindex": 2, "stats64": {"rx": 1}}, {"ifname": "a"}])}
    after = {"links": plain([{"ifname": "a"}, {"ifname": "b", "ifindex": 9, "stats64": {"rx": 5}}])}

    assert differences(before, after) == []


def test_what_came_and_went_is_named():
    before = {"settings": {"net/ipv4/ip_forward": "0"}, "files": ["/etc/a"], "addresses": [{"local": "10.0.0.1"}]}
    after = {"settings": {"net/ipv4/ip_forward": "1"}, "files": ["/etc/a", "/etc/b"], "addresses": []}

    assert differences(before, after) == [
        "settings: gone: net/ipv4/ip_forward = 0",
        "settings: new: net/ipv4/ip_forward = 1",
        "files: new: /etc/b",
        'addresses: gone: {"local": "10.0.0.1"}',
    ]


def test_something_there_twice_and_then_once_is_a_difference():
    assert differences({"rules": ["x", "x"]}, {"rules": ["x"]}) == ["rules: gone: x"]

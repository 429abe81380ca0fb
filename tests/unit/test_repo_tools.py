# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Own gate: what sums up the tests cannot call a failure a success."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools.summary import CLOSING_LINE, Counts, from_junit, from_output

JUNIT = """<testsuites><testsuite>
<testcase name="one"/><testcase name="two"><failure/></testcase><testcase name="three"><error/></testcase>
<testcase name="four"><skipped message="no vlan here"/></testcase></testsuite></testsuites>"""


@pytest.mark.parametrize(
    ("output", "exit_code", "expected"),
    [
        ("noise\n4 passed, 0 failed, 1 skipped\n", 0, Counts(4, 0, 1)),
        ("1 passed, 0 failed, 0 skipped\n2 passed, 1 failed, 0 skipped\n", 1, Counts(2, 1, 0)),
        ("4 passed, 0 failed, 1 skipped\n", 1, Counts(4, 1, 1)),
        ("All 40 checks passed.\ndemo: 40 checks, 0 failed, 118 s\n", 0, Counts(40, 0, 0)),
        ("demo: 40 checks, 3 failed, 118 s\n", 1, Counts(37, 3, 0)),
        ("no such line\n", 0, Counts(1, 0, 0)),
        ("no such line\n", 2, Counts(0, 1, 0)),
        ("all 4 passed, 0 failed, 1 skipped, hurray\n", -9, Counts(0, 1, 0)),
    ],
)
def test_a_part_without_a_good_end_has_failed(output: str, exit_code: int, expected: Counts) -> None:
    assert from_output(output, exit_code) == expected


def test_results_of_pytest_are_counted_and_skips_keep_their_reason(tmp_path: Path) -> None:
    path = tmp_path / "junit.xml"
    path.write_text(JUNIT, encoding="utf-8")
    assert from_junit(path, 1) == (Counts(1, 2, 1), ["four: no vlan here"])


@pytest.mark.parametrize("exit_code", [0, 2, 4, 5])
def test_pytest_that_left_no_results_has_failed(tmp_path: Path, exit_code: int) -> None:
    assert from_junit(tmp_path / "absent.xml", exit_code) == (Counts(failed=1), [])


def test_pytest_that_collected_nothing_has_failed(tmp_path: Path) -> None:
    path = tmp_path / "junit.xml"
    path.write_text("<testsuites><testsuite/></testsuites>", encoding="utf-8")
    assert from_junit(path, 5) == (Counts(failed=1), [])


def test_the_last_line_is_one_that_can_be_read_back() -> None:
    assert CLOSING_LINE.fullmatch(str(Counts(12, 0, 3)))

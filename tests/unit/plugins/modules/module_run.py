# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a module as Ansible does, within the process of the test."""

from __future__ import annotations

import json
from typing import Any
from unittest import mock

import pytest
from ansible.module_utils.testing import patch_module_args


def run_module(module: Any, capsys: pytest.CaptureFixture[str], check: bool = False, **options: Any) -> dict[str, Any]:
    """Run the main function of a module with these options, and return its result."""
    internals = {"_ansible_check_mode": check, "_ansible_diff": True}
    # A test of a filter may have loaded the controller's part of Ansible, to which warnings would go.
    host = mock.patch("ansible.module_utils._internal.is_controller", False)
    with patch_module_args({**options, **internals}), host, pytest.raises(SystemExit):
        module.main()
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return result

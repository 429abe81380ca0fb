# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts, guests and wires made of namespaces: what the demo and the functional tests stand on."""

from __future__ import annotations

from .errors import LabError
from .guest import Guest, Lease
from .lab import Lab
from .node import Node
from .topology import HostSpec, Nic, Topology, Wire

__all__ = ["Guest", "HostSpec", "Lab", "LabError", "Lease", "Nic", "Node", "Topology", "Wire"]

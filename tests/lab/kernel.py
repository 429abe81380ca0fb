# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What this machine's kernel can do: asked by doing it, in a namespace that is gone afterwards."""

from __future__ import annotations

import functools
import subprocess

import pytest

PROBES = {
    "8021q": "ip link add v0 type veth peer name v1 && ip link add link v0 name v0.5 type vlan id 5",
    "bonding": "ip link add b0 type bond mode active-backup",
    "dummy": "ip link add d0 type dummy",
    "br_netfilter": "test -e /proc/sys/net/bridge/bridge-nf-call-iptables",
    "bridge_vlan_filtering": "ip link add b0 type bridge && ip link set b0 type bridge vlan_filtering 1",
    "nf_conntrack_bridge": "nft 'table bridge t { chain c { type filter hook forward priority 0; ct state new; }; }'",
    "nft_bridge_meta": "nft 'table bridge t { chain c { type filter hook forward priority 0; meta ibrname b0; }; }'",
    "macvlan": "ip link add v0 type veth peer name v1 && ip link add link v0 name m0 type macvlan mode bridge",
    "netem": "ip link add v0 type veth peer name v1 && tc qdisc add dev v0 root netem delay 1ms",
}  # fmt: skip


@functools.cache
def lacks(feature: str) -> str:
    """Return why the kernel cannot do something; empty when it can."""
    done = subprocess.run(
        ["unshare", "--net", "--", "sh", "-c", PROBES[feature]], capture_output=True, text=True, timeout=10, check=False
    )
    if done.returncode == 0:
        return ""
    said = done.stderr.strip().splitlines()
    return f"this kernel lacks {feature}" + (f" ({said[0]})" if said else "")


def requires_kernel(*features: str) -> pytest.MarkDecorator:
    """Return the mark of a test that needs these of the kernel.

    Where the kernel lacks one the test is left to the virtual machine of ``python -m tests.machines.kernel``.
    """
    unknown = sorted({*features} - {*PROBES})
    if unknown:
        raise ValueError(f"nobody knows how to ask a kernel for {', '.join(unknown)}")
    return pytest.mark.full_kernel(*features)


def left_to_others(item: pytest.Item) -> bool:
    """Tell whether a test needs what this kernel lacks."""
    return any(map(lacks, (feature for mark in item.iter_markers("full_kernel") for feature in mark.args)))

# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A strict reader of /etc/network/interfaces, and instances to write it for."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

OPTIONS = {
    "static": {"address", "netmask", "broadcast", "gateway", "hwaddress", "mtu", "dns-nameservers", "accept_ra"},
    "dhcp": {"hwaddress", "mtu", "dns-nameservers"},
    "manual": {"hwaddress", "mtu", "dns-nameservers"},
    "loopback": set(),
}


@dataclass
class Interfaces:
    """What a file says. ``stanzas`` has the options by name of the interface and family."""

    auto: list[str] = field(default_factory=list)
    methods: dict[tuple[str, str], str] = field(default_factory=dict)
    stanzas: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)


def read_interfaces(text: str) -> Interfaces:
    """Read a file; everything that ifupdown would not take, or take twice, is an error."""
    found, current, allowed = Interfaces(), None, set[str]()
    assert text.endswith("\n")
    for line in text.splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if not line.startswith(" "):
            current = None
        if words[0] == "auto":
            assert len(words) == 2 and words[1] not in found.auto, line
            found.auto.append(words[1])
        elif words[0] == "iface":
            _iface, name, family, method = words
            assert name in found.auto and family in ("inet", "inet6") and (name, family) not in found.stanzas, line
            allowed, current = OPTIONS[method], found.stanzas.setdefault((name, family), {})
            found.methods[name, family] = method
        else:
            assert current is not None and words[0] in allowed and words[0] not in current and len(words) > 1, line
            current[words[0]] = " ".join(words[1:])
    return found


def networks() -> st.SearchStrategy[dict[str, Any]]:
    """Return networks as the IPAM has them: IPv4, IPv6 or both, with DHCP or not."""

    @st.composite
    def build(draw: st.DrawFn) -> dict[str, Any]:
        number = draw(st.integers(1, 200))
        kinds = draw(st.sampled_from(["4", "6", "46"]))
        gateways = draw(st.sampled_from(["", "4", "6", "46"]))
        prefix = draw(st.sampled_from([8, 16, 24, 29]))
        return {
            "label": draw(st.text(min_size=1, max_size=8)),
            "uuid": f"7f1c3c5e-54f8-5b0e-9d35-{number:012d}",
            "enable_dhcp": draw(st.booleans()),
            "cidr": str(ipaddress.ip_network(f"10.{number}.0.0/{prefix}", strict=False)) if "4" in kinds else None,
            "gateway": f"10.{number}.0.1" if "4" in kinds and "4" in gateways else None,
            "cidr_v6": f"fd00:{number}::/64" if "6" in kinds else None,
            "gateway_v6": f"fd00:{number}::1" if "6" in kinds and "6" in gateways else None,
            "dns1": draw(st.sampled_from([None, "9.9.9.9", "fd00::53"])),
            "dns2": draw(st.sampled_from([None, "8.8.4.4"])),
            "mtu": draw(st.sampled_from([None, 1280, 1500, 9000])),
        }

    return build()


@st.composite
def clouds(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return an instance (in a list) with up to five NICs, and all networks."""
    known = draw(st.lists(networks(), min_size=1, max_size=4, unique_by=lambda network: network["label"]))
    chosen = draw(st.lists(st.sampled_from(known), max_size=5))
    nics = []
    for index, network in enumerate(chosen):
        number = network["uuid"][-12:].lstrip("0")
        nics.append(
            {
                "network": network["label"],
                "mac": f"fa:16:3e:00:00:{index + 1:02x}",
                "port_name": f"tap{index}",
                "address": f"10.{number}.0.{index + 2}" if network["cidr"] else None,
                "address_v6": f"fd00:{number}::{index + 2:x}" if network["cidr_v6"] else None,
                "bridge": "br100",
                "mtu": network["mtu"],
            }
        )
    name = draw(st.text(min_size=1, max_size=20).filter(str.isprintable))
    uuid = "7f1c3c5e-54f8-5b0e-9d35-6a0a5c1d9e42"
    return [{"name": name, "uuid": uuid, "hostname": "web1", "project": "red", "nics": nics}], known

# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files that an image reads, as texts: cloud-init's NoCloud seed and OpenStack's config drive. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from .model import INTERFACES, LABELS, Guest, GuestNic

# cloud-init takes a seed without user data for none at all.
_NO_USER_DATA = "#cloud-config\n{}\n"


def render_files(guest: Guest, images: tuple[str, ...]) -> dict[str, str]:
    """Return the files of a guest by their path in its directory.

    :param images: kinds of images whose content is wanted.
    """
    contents = {"nocloud": nocloud_files, "config_drive": config_drive_files}
    files = {} if guest.interfaces is None else {INTERFACES: guest.interfaces}
    for kind in images:
        files.update({f"{LABELS[kind]}/{name}": text for name, text in contents[kind](guest).items()})
    return files


def content_digest(files: Mapping[str, str], label: str) -> str:
    """Return what tells the content of an image from every other."""
    digest = hashlib.sha256()
    for name, text in sorted(files.items()):
        if name.startswith(f"{label}/"):
            digest.update(f"{name}\0{text_digest(text)}\n".encode())
    return digest.hexdigest()


def text_digest(text: str) -> str:
    """Return what ``sha256sum`` says of a file with this text."""
    return hashlib.sha256(text.encode()).hexdigest()


def nocloud_files(guest: Guest) -> dict[str, str]:
    """Return the files of a NoCloud seed."""
    return {
        "meta-data": render_yaml({"instance-id": guest.uuid, "local-hostname": guest.hostname}),
        "network-config": render_yaml(network_config(guest)),
        "user-data": _NO_USER_DATA if guest.user_data is None else guest.user_data,
    }


def network_config(guest: Guest) -> dict[str, Any]:
    """Return cloud-init's network configuration, version 2."""
    return {"version": 2, "ethernets": {nic.name: _ethernet(nic) for nic in guest.nics}}


def _ethernet(nic: GuestNic) -> dict[str, Any]:
    addresses = [str(address) for address in (nic.address, nic.address_v6) if address is not None]
    found: dict[str, Any] = {"match": {"macaddress": nic.mac}, "set-name": nic.name, "dhcp4": nic.dhcp}
    if nic.address_v6 is not None:
        # A default route learnt from an advertisement would be a second one.
        found["accept-ra"] = False
    # Not as routes: cloud-init 22.4 takes ::/0 for ::/64, and does not know the word "default".
    optional = {"mtu": nic.mtu, "addresses": addresses, "gateway4": nic.gateway, "gateway6": nic.gateway_v6}
    found.update({key: value for key, value in optional.items() if value})
    if nic.dns:
        found["nameservers"] = {"addresses": list(nic.dns)}
    return found


def config_drive_files(guest: Guest) -> dict[str, str]:
    """Return the files of a config drive."""
    content = {} if guest.interfaces is None else {"openstack/content/0000": guest.interfaces}
    user_data = {} if guest.user_data is None else {"openstack/latest/user_data": guest.user_data}
    return {
        **content,
        "openstack/latest/meta_data.json": _json(meta_data(guest)),
        "openstack/latest/network_data.json": _json(network_data(guest)),
        **user_data,
    }


def meta_data(guest: Guest) -> dict[str, Any]:
    """Return who an instance is, as OpenStack tells it. The interfaces file is announced only when there is one."""
    found: dict[str, Any] = {"uuid": guest.uuid, "name": guest.name, "hostname": guest.hostname, "launch_index": 0}
    if guest.project is not None:
        found["project_id"] = guest.project
    if guest.interfaces is not None:
        found["network_config"] = {"name": "network_config", "content_path": "/content/0000"}
    return found


def network_data(guest: Guest) -> dict[str, Any]:
    """Return the NICs of an instance, as OpenStack tells of them."""
    networks = [network for nic in guest.nics for network in _networks(nic)]
    servers = dict.fromkeys(server for nic in guest.nics for server in nic.dns)
    return {
        "links": [
            {
                "id": nic.port_name,
                "vif_id": nic.port_name,
                "type": "phy",
                "mtu": nic.mtu,
                "ethernet_mac_address": nic.mac,
            }
            for nic in guest.nics
        ],
        "networks": [{"id": f"network{index}", **network} for index, network in enumerate(networks)],
        "services": [{"type": "dns", "address": server} for server in servers],
    }


def _networks(nic: GuestNic) -> list[dict[str, Any]]:
    identity = {"link": nic.port_name, "network_id": nic.network_uuid or nic.port_name}
    found: list[dict[str, Any]] = [{**identity, "type": "ipv4_dhcp"}] if nic.dhcp else []
    for kind, own, gateway, everything in (
        ("ipv4", nic.address, nic.gateway, "0.0.0.0"),
        ("ipv6", nic.address_v6, nic.gateway_v6, "::"),
    ):
        if own is not None:
            routes = [{"network": everything, "netmask": everything, "gateway": gateway}] if gateway else []
            servers = [{"type": "dns", "address": server} for server in nic.dns if (":" in server) == (kind == "ipv6")]
            place = {"ip_address": str(own.ip), "netmask": str(own.netmask), "routes": routes, "services": servers}
            found.append({**identity, "type": kind, **place})
    return found


def render_yaml(document: Mapping[str, Any], depth: int = 0) -> str:
    """Return a document as YAML. Texts in it are plain ASCII, and JSON's form of them is YAML's as well.

    Keys are quoted: an interface may be called ``on`` or ``null``.
    """
    indent = "  " * depth
    lines = []
    for key, value in document.items():
        if isinstance(value, Mapping) and value:
            lines.append(f"{indent}{json.dumps(key)}:\n{render_yaml(value, depth + 1)}")
        else:
            lines.append(f"{indent}{json.dumps(key)}: {json.dumps(value)}\n")
    return "".join(lines)


def _json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=2, sort_keys=True) + "\n"

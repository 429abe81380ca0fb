# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an image needs so that its guest comes up with its addresses: who it is, its NICs, and what lies on the host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Interface, IPv6Interface

MARKER = "novanet.json"
INTERFACES = "interfaces"
# By kind of image: the label by which guests find it, which names its file and the directory of its content as well.
LABELS: Mapping[str, str] = {"nocloud": "cidata", "config_drive": "config-2"}
USER_DATA_NAMES = ("user-data", "user_data")
# Every file that can be ours in the directory of an instance.
OWN_FILES = (
    INTERFACES,
    "cidata/meta-data",
    "cidata/network-config",
    "cidata/user-data",
    "config-2/openstack/content/0000",
    "config-2/openstack/latest/meta_data.json",
    "config-2/openstack/latest/network_data.json",
    "config-2/openstack/latest/user_data",
)
OWN_DIRECTORIES = (
    "cidata",
    "config-2/openstack/content",
    "config-2/openstack/latest",
    "config-2/openstack",
    "config-2",
)
# Names of half-written files that a crash may have left.
TEMPORARY_PREFIX = ".novanet-"


@dataclass(frozen=True)
class GuestNic:
    """A network interface as the guest sees it.

    :param name: what the guest calls it.
    :param port_name: what the host calls its end.
    :param dhcp: whether the guest asks for its IPv4 address.
    :param gateway: next hop of the default route; of all NICs of an instance one has it.
    """

    name: str
    mac: str
    port_name: str
    network_uuid: str | None = None
    mtu: int | None = None
    dns: tuple[str, ...] = ()
    dhcp: bool = False
    address: IPv4Interface | None = None
    gateway: str | None = None
    address_v6: IPv6Interface | None = None
    gateway_v6: str | None = None


@dataclass(frozen=True)
class Guest:
    """An instance as its image is told of it.

    :param hostname: its name, with the domain where there is one.
    :param interfaces: its ``/etc/network/interfaces``; None for none.
    :param user_data: what its image is told beside the network; None for nothing.
    """

    name: str
    uuid: str
    hostname: str
    project: str | None
    nics: tuple[GuestNic, ...]
    interfaces: str | None = None
    user_data: str | None = None


@dataclass(frozen=True)
class Want:
    """What shall be.

    :param guests: by UUID.
    :param absent: UUID to name of those that shall go.
    :param images: kinds of images to build; see :data:`LABELS`.
    :param purge: whether guests of this owner that are not listed shall go.
    """

    path: str
    guests: Mapping[str, Guest]
    absent: Mapping[str, str]
    images: tuple[str, ...]
    purge: bool


@dataclass(frozen=True)
class Directory:
    """What lies on the host for one instance.

    :param base: directory that it lies in, together with those of other instances.
    :param owner: whose it is; None when nobody has marked it.
    :param name: name of the instance, as the mark says.
    :param files: digests of files by their path in the directory.
    :param texts: their texts, but for those that may hold secrets.
    :param images: by file, the digest of the content that an image was made of; only images that are as they were made.
    :param foreign: whether something lies there that cannot be ours.
    """

    base: str
    uuid: str
    owner: str | None = None
    name: str = ""
    files: Mapping[str, str] | None = None
    texts: Mapping[str, str] | None = None
    images: Mapping[str, str] | None = None
    foreign: bool = False

    @property
    def path(self) -> str:
        """Where it lies."""
        return f"{self.base}/{self.uuid}"


@dataclass(frozen=True)
class Have:
    """All directories that a wish is about, by path."""

    directories: Mapping[str, Directory]


@dataclass(frozen=True)
class Step:
    """What is to be done about the directory of one instance.

    :param write: texts by path in the directory.
    :param remove: files to take away.
    :param build: by file, the label and the digest of the content of images to make.
    :param after: the directory afterwards; None when it goes.
    """

    name: str
    directory: Directory
    write: Mapping[str, str]
    remove: tuple[str, ...]
    build: Mapping[str, tuple[str, str]]
    after: Directory | None

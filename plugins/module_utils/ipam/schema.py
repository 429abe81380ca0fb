# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables of the IPAM. Constraints hold the invariants, so that no program error can break them.

IPv4 addresses are stored as integers: free space is arithmetic. IPv6 fixed addresses follow from the MAC
(RFC 4291 appendix A, as nova did) and are not stored.
"""

from __future__ import annotations

from .sql import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

SCHEMA_VERSION = 5

# SQLite numbers rows by itself only for a column of type INTEGER.
Number = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData()

meta = Table(
    "meta",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("schema_version", Integer, nullable=False),
    Column("ipam_uuid", String(36), nullable=False),
    Column("generation", BigInteger, nullable=False),
    CheckConstraint("id = 1", name="meta_is_one_row"),
)

projects = Table(
    "projects",
    metadata,
    Column("name", String(255), primary_key=True),
    Column("origin", String(16), nullable=False),
)

# How much of something a project may have; without a row, what the row of no project (an empty name) says.
quotas = Table(
    "quotas",
    metadata,
    Column("project", String(255), primary_key=True),
    Column("resource", String(32), primary_key=True),  # networks, fixed_ips, floating_ips, security_groups, …
    Column("maximum", Integer, nullable=False),  # -1 is unlimited
    Column("origin", String(16), nullable=False),
    CheckConstraint("maximum >= -1", name="quotas_limited_or_not"),
)

networks = Table(
    "networks",
    metadata,
    Column("id", Number, primary_key=True),
    Column("uuid", String(36), nullable=False, unique=True),
    Column("label", String(255), nullable=False, unique=True),
    Column("series", String(255), nullable=False),  # the label that was asked for; label_0, label_1 … are made of it
    Column("series_index", Integer, nullable=False),
    Column("manager", String(16), nullable=False),
    Column("cidr", String(18)),
    Column("first", BigInteger),
    Column("last", BigInteger),
    Column("cidr_v6", String(43)),
    Column("gateway", String(15)),
    Column("gateway_v6", String(39)),
    Column("dhcp_server", String(15)),
    Column("dhcp_start", String(15)),
    Column("fixed_cidr", String(18)),
    Column("allowed_start", String(15)),
    Column("allowed_end", String(15)),
    Column("dns1", String(39)),
    Column("dns2", String(39)),
    Column("vlan", Integer, unique=True),
    Column("bridge", String(15), nullable=False),
    Column("bridge_interface", String(15)),
    Column("project", ForeignKey("projects.name")),
    Column("host", String(255)),  # the host that serves it; sticky, NULL for multi_host
    Column("multi_host", Boolean, nullable=False),
    Column("mtu", Integer),
    Column("enable_dhcp", Boolean, nullable=False),
    Column("share_address", Boolean, nullable=False),
    Column("vpn_private_address", String(15)),
    Column("vpn_public_address", String(15)),
    Column("vpn_public_port", Integer),
    Column("priority", Integer),
    Column("origin", String(16), nullable=False),
    Column("generation", BigInteger, nullable=False),
    CheckConstraint("vlan IS NULL OR vlan BETWEEN 1 AND 4094", name="networks_vlan_in_range"),
    CheckConstraint("cidr IS NOT NULL OR cidr_v6 IS NOT NULL", name="networks_have_a_range"),
    UniqueConstraint("series", "series_index", name="networks_series_once"),
    UniqueConstraint("vpn_public_address", "vpn_public_port", name="networks_vpn_port_once"),
)

Index("networks_by_project", networks.c.project)

# Addresses of a network that no instance may get, as ranges, with the reason.
fixed_reservations = Table(
    "fixed_reservations",
    metadata,
    Column("id", Number, primary_key=True),
    Column("network_id", ForeignKey("networks.id", ondelete="CASCADE"), nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("reason", String(32), nullable=False),  # network, gateway, …, floating (a pool inside), operator
    Column("note", Text, nullable=False, default=""),
    Column("origin", String(16), nullable=False),
    UniqueConstraint("network_id", "first", "reason", name="fixed_reservations_once"),
    CheckConstraint("first <= last", name="fixed_reservations_ordered"),
)

# Free space: ranges with the time they became free. The oldest is used first; there is no row for a free address.
fixed_extents = Table(
    "fixed_extents",
    metadata,
    Column("id", Number, primary_key=True),
    Column("network_id", ForeignKey("networks.id", ondelete="CASCADE"), nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("freed_at", Float, nullable=False),
    UniqueConstraint("network_id", "first", name="fixed_extents_once"),
    CheckConstraint("first <= last", name="fixed_extents_ordered"),
)
Index("fixed_extents_oldest", fixed_extents.c.network_id, fixed_extents.c.freed_at, fixed_extents.c.first)

instances = Table(
    "instances",
    metadata,
    Column("id", Number, primary_key=True),
    Column("name", String(255), nullable=False, unique=True),
    Column("uuid", String(36), nullable=False, unique=True),
    Column("project", ForeignKey("projects.name"), nullable=False),
    Column("host", String(255), nullable=False),
    Column("next_host", String(255)),  # where it is about to move to
    Column("hostname", String(255), nullable=False),
    Column("origin", String(16), nullable=False),
    Column("generation", BigInteger, nullable=False),
)
Index("instances_by_host", instances.c.host)

security_groups = Table(
    "security_groups",
    metadata,
    Column("id", Number, primary_key=True),
    Column("project", ForeignKey("projects.name"), nullable=False),
    Column("name", String(255), nullable=False),
    Column("description", String(255), nullable=False),
    Column("known_until", BigInteger, nullable=False),  # hosts of an older generation may know members by a rule gone
    Column("origin", String(16), nullable=False),
    UniqueConstraint("project", "name", name="security_groups_once"),
)

# What may come in to the members of a group: from a range, or from the members of a group.
security_group_rules = Table(
    "security_group_rules",
    metadata,
    Column("id", Number, primary_key=True),
    Column("group_id", ForeignKey("security_groups.id", ondelete="CASCADE"), nullable=False),
    Column("protocol", String(4)),  # NULL for everything
    Column("from_port", Integer),  # for icmp the type; NULL for any
    Column("to_port", Integer),  # for icmp the code
    Column("cidr", String(43)),
    Column("source_id", ForeignKey("security_groups.id")),
    CheckConstraint("protocol IN ('tcp', 'udp', 'icmp')", name="security_group_rules_protocol"),
    CheckConstraint("(cidr IS NULL) <> (source_id IS NULL)", name="security_group_rules_one_source"),
)
Index("security_group_rules_by_group", security_group_rules.c.group_id)
Index("security_group_rules_by_source", security_group_rules.c.source_id)

instance_groups = Table(
    "instance_groups",
    metadata,
    Column("instance_id", ForeignKey("instances.id", ondelete="CASCADE"), primary_key=True),
    Column("group_id", ForeignKey("security_groups.id"), primary_key=True),
)
Index("instance_groups_by_group", instance_groups.c.group_id)

ports = Table(
    "ports",
    metadata,
    Column("id", Number, primary_key=True),
    Column("instance_id", ForeignKey("instances.id", ondelete="CASCADE"), nullable=False),
    Column("network_id", ForeignKey("networks.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("mac", String(17), nullable=False, unique=True),
    Column("name", String(15), nullable=False, unique=True),
    UniqueConstraint("instance_id", "position", name="ports_position_once"),
)
Index("ports_by_network", ports.c.network_id)

# One row for each address that is taken, or was and may still be in use somewhere (quarantine).
fixed_ips = Table(
    "fixed_ips",
    metadata,
    Column("id", Number, primary_key=True),
    Column("network_id", ForeignKey("networks.id"), nullable=False),
    Column("address", BigInteger, nullable=False),
    Column("state", String(16), nullable=False),  # allocated, released, host (its own in a multi_host network), device
    Column("port_id", ForeignKey("ports.id", ondelete="SET NULL"), unique=True),
    Column("mac", String(17)),  # of the port or device that has it or had it: a lease must match it
    Column("instance", String(255)),  # name of the instance that has it or had it
    Column("host", String(255)),  # in place of an instance, the host that has it or had it
    Column("device", String(255)),  # or the host name of the device that has it or had it, which is no instance
    Column("released_at", Float),
    Column("lease_expires", Float),  # seconds since 1970; NULL without a lease
    Column("lease_host", String(255)),  # who told of the lease
    Column("origin", String(16), nullable=False),
    Column("generation", BigInteger, nullable=False),
    UniqueConstraint("network_id", "address", name="fixed_ips_one_owner"),
    UniqueConstraint("network_id", "host", name="fixed_ips_one_of_a_host"),
    CheckConstraint("state IN ('allocated', 'released', 'host', 'device')", name="fixed_ips_state"),
    CheckConstraint("(state = 'allocated') = (port_id IS NOT NULL)", name="fixed_ips_allocated_to_a_port"),
    CheckConstraint(
        "(instance IS NOT NULL AND host IS NULL AND device IS NULL)"
        " OR (instance IS NULL AND (host IS NULL) = (device IS NOT NULL))",
        name="fixed_ips_of_one_owner",
    ),
    CheckConstraint("state <> 'host' OR host IS NOT NULL", name="fixed_ips_host_is_named"),
    CheckConstraint("state <> 'device' OR (device IS NOT NULL AND mac IS NOT NULL)", name="fixed_ips_device_is_named"),
    CheckConstraint("(lease_expires IS NULL) = (lease_host IS NULL)", name="fixed_ips_lease_is_of_a_host"),
)
Index("fixed_ips_by_state", fixed_ips.c.state)
Index("fixed_ips_by_instance", fixed_ips.c.instance)
_OF_A_HOST = fixed_ips.c.host.is_not(None)
Index("fixed_ips_of_hosts", fixed_ips.c.host, sqlite_where=_OF_A_HOST, postgresql_where=_OF_A_HOST)
_OF_A_DEVICE = fixed_ips.c.state == "device"
Index("fixed_ips_device_once", fixed_ips.c.mac, unique=True, sqlite_where=_OF_A_DEVICE, postgresql_where=_OF_A_DEVICE)

floating_pools = Table(
    "floating_pools",
    metadata,
    Column("id", Number, primary_key=True),
    Column("name", String(255), nullable=False, unique=True),
    Column("interface", String(15)),
    Column("project", ForeignKey("projects.name")),
    Column("origin", String(16), nullable=False),
)

floating_ranges = Table(
    "floating_ranges",
    metadata,
    Column("id", Number, primary_key=True),
    Column("pool_id", ForeignKey("floating_pools.id", ondelete="CASCADE"), nullable=False),
    Column("first", BigInteger, nullable=False, unique=True),
    Column("last", BigInteger, nullable=False, unique=True),
    Column("text", String(64), nullable=False),  # as it was written
    Column("origin", String(16), nullable=False),
    CheckConstraint("first <= last", name="floating_ranges_ordered"),
)

floating_extents = Table(
    "floating_extents",
    metadata,
    Column("id", Number, primary_key=True),
    Column("pool_id", ForeignKey("floating_pools.id", ondelete="CASCADE"), nullable=False),
    Column("first", BigInteger, nullable=False, unique=True),
    Column("last", BigInteger, nullable=False, unique=True),
    Column("freed_at", Float, nullable=False),
    CheckConstraint("first <= last", name="floating_extents_ordered"),
)
Index("floating_extents_by_first", floating_extents.c.pool_id, floating_extents.c.first)
Index("floating_extents_oldest", floating_extents.c.pool_id, floating_extents.c.freed_at, floating_extents.c.first)

floating_ips = Table(
    "floating_ips",
    metadata,
    Column("id", Number, primary_key=True),
    Column("pool_id", ForeignKey("floating_pools.id"), nullable=False),
    Column("address", BigInteger, nullable=False, unique=True),
    Column("project", ForeignKey("projects.name"), nullable=False),
    Column("fixed_ip_id", ForeignKey("fixed_ips.id")),
    Column("auto_assigned", Boolean, nullable=False),
    Column("with_instance", Boolean, nullable=False),  # asked for by its instance, and released with it
    Column("host", String(255)),  # who binds it; kept to know who must give it up
    Column("origin", String(16), nullable=False),
    Column("generation", BigInteger, nullable=False),
)
Index("floating_ips_by_fixed", floating_ips.c.fixed_ip_id)
Index("floating_ips_by_project", floating_ips.c.project)

# What a host applied last, as it said itself.
hosts = Table(
    "hosts",
    metadata,
    Column("name", String(255), primary_key=True),
    Column("generation", BigInteger, nullable=False),
    Column("acknowledged_at", Float, nullable=False),
)

# What a host had and has not yet confirmed to have given up.
withdrawals = Table(
    "withdrawals",
    metadata,
    Column("id", Number, primary_key=True),
    Column("host", String(255), nullable=False),
    Column("kind", String(16), nullable=False),  # fixed, floating, gateway, member (of a security group)
    Column("address", BigInteger, nullable=False),
    Column("generation", BigInteger, nullable=False),  # the first one without it
    UniqueConstraint("host", "kind", "address", name="withdrawals_once"),
    CheckConstraint("kind IN ('fixed', 'floating', 'gateway', 'member')", name="withdrawals_kind"),
)
Index("withdrawals_by_address", withdrawals.c.kind, withdrawals.c.address)

# The audit: who, when, what, before, after.
events = Table(
    "events",
    metadata,
    Column("id", Number, primary_key=True),
    Column("at", Float, nullable=False),
    Column("actor", String(255), nullable=False),
    Column("origin", String(16), nullable=False),
    Column("generation", BigInteger, nullable=False),
    Column("action", String(16), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("name", String(600), nullable=False),  # of a security group with that of its project
    Column("before", JSON),
    Column("after", JSON),
)
Index("events_by_name", events.c.kind, events.c.name, events.c.at)

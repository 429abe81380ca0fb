# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A database as nova had it in the last releases with nova-network: the tables in question with all their columns."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

TIMES = "created_at DATETIME, updated_at DATETIME, deleted_at DATETIME, id INTEGER NOT NULL PRIMARY KEY"

TABLES = {
    "instances": f"""{TIMES}, internal_id INTEGER, user_id VARCHAR(255), project_id VARCHAR(255),
        image_ref VARCHAR(255), kernel_id VARCHAR(255), ramdisk_id VARCHAR(255), launch_index INTEGER,
        key_name VARCHAR(255), key_data TEXT,
        power_state INTEGER, vm_state VARCHAR(255), memory_mb INTEGER, vcpus INTEGER, hostname VARCHAR(255),
        host VARCHAR(255), user_data TEXT, reservation_id VARCHAR(255), launched_at DATETIME, terminated_at DATETIME,
        display_name VARCHAR(255), display_description VARCHAR(255), availability_zone VARCHAR(255), locked BOOLEAN,
        os_type VARCHAR(255), launched_on TEXT, instance_type_id INTEGER, vm_mode VARCHAR(255),
        uuid VARCHAR(36) NOT NULL, architecture VARCHAR(255), root_device_name VARCHAR(255), access_ip_v4 VARCHAR(39),
        access_ip_v6 VARCHAR(39), config_drive VARCHAR(255), task_state VARCHAR(255),
        default_ephemeral_device VARCHAR(255), default_swap_device VARCHAR(255), progress INTEGER,
        auto_disk_config BOOLEAN, shutdown_terminate BOOLEAN, disable_terminate BOOLEAN, root_gb INTEGER,
        ephemeral_gb INTEGER, cell_name VARCHAR(255), node VARCHAR(255), deleted INTEGER, locked_by VARCHAR(5),
        cleaned INTEGER, ephemeral_key_uuid VARCHAR(36), CONSTRAINT uniq_instances0uuid UNIQUE (uuid)""",
    "networks": f"""{TIMES}, injected BOOLEAN, cidr VARCHAR(43), netmask VARCHAR(39), bridge VARCHAR(255),
        gateway VARCHAR(39), broadcast VARCHAR(39), dns1 VARCHAR(39), vlan INTEGER, vpn_public_address VARCHAR(39),
        vpn_public_port INTEGER, vpn_private_address VARCHAR(39), dhcp_start VARCHAR(39), project_id VARCHAR(255),
        host VARCHAR(255), cidr_v6 VARCHAR(43), gateway_v6 VARCHAR(39), label VARCHAR(255), netmask_v6 VARCHAR(39),
        bridge_interface VARCHAR(255), multi_host BOOLEAN, dns2 VARCHAR(39), uuid VARCHAR(36), priority INTEGER,
        rxtx_base INTEGER, deleted INTEGER, mtu INTEGER, dhcp_server VARCHAR(39), enable_dhcp BOOLEAN,
        share_address BOOLEAN, CONSTRAINT uniq_networks0vlan0deleted UNIQUE (vlan, deleted)""",
    "virtual_interfaces": f"""{TIMES}, address VARCHAR(255), network_id INTEGER, uuid VARCHAR(36),
        instance_uuid VARCHAR(36) REFERENCES instances (uuid), deleted INTEGER, tag VARCHAR(255),
        CONSTRAINT uniq_virtual_interfaces0address0deleted UNIQUE (address, deleted)""",
    "fixed_ips": f"""{TIMES}, address VARCHAR(39), network_id INTEGER, allocated BOOLEAN, leased BOOLEAN,
        reserved BOOLEAN, virtual_interface_id INTEGER, host VARCHAR(255),
        instance_uuid VARCHAR(36) REFERENCES instances (uuid), deleted INTEGER,
        CONSTRAINT uniq_fixed_ips0address0deleted UNIQUE (address, deleted)""",
    "floating_ips": f"""{TIMES}, address VARCHAR(39), fixed_ip_id INTEGER, project_id VARCHAR(255),
        host VARCHAR(255), auto_assigned BOOLEAN, pool VARCHAR(255), interface VARCHAR(255), deleted INTEGER,
        CONSTRAINT uniq_floating_ips0address0deleted UNIQUE (address, deleted)""",
    "security_groups": f"""{TIMES}, name VARCHAR(255), description VARCHAR(255), user_id VARCHAR(255),
        project_id VARCHAR(255), deleted INTEGER,
        CONSTRAINT uniq_security_groups0project_id0name0deleted UNIQUE (project_id, name, deleted)""",
    "security_group_rules": f"""{TIMES}, parent_group_id INTEGER REFERENCES security_groups (id),
        protocol VARCHAR(255), from_port INTEGER, to_port INTEGER, cidr VARCHAR(43), group_id INTEGER,
        deleted INTEGER""",
    "security_group_instance_association": f"""{TIMES}, security_group_id INTEGER REFERENCES security_groups (id),
        instance_uuid VARCHAR(36), deleted INTEGER""",
}
RED, BLUE = "a421ae28356b4cc3a25e1429a0b02e98", "5f705771f3e94b7aa0b0ddcd0a4a33a6"
PUBLIC = {
    "label": "public",
    "cidr": "10.0.0.0/28",
    "gateway": "10.0.0.1",
    "dhcp_server": "10.0.0.1",
    "dhcp_start": "10.0.0.2",
    "bridge": "br100",
    "bridge_interface": "eth2",
    "dns1": "8.8.4.4",
    "host": "net1",
    "enable_dhcp": 1,
    "multi_host": 0,
    "share_address": 0,
}


class NovaCloud:
    """A nova database file of its own, filled as nova did."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "nova.sqlite"
        self.url = f"sqlite:///{self.path}"
        self._connection = sqlite3.connect(self.path, isolation_level=None)
        for name, columns in TABLES.items():
            self._connection.execute(f"CREATE TABLE {name} ({columns})")

    def sql(self, statement: str) -> None:
        self._connection.execute(statement)

    def add(self, table: str, **values: Any) -> int:
        """Add a row, and return its id."""
        row = {"deleted": 0, **values}
        columns, marks = ", ".join(row), ", ".join("?" * len(row))
        return int(
            self._connection.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", [*row.values()]).lastrowid
            or 0
        )

    def change(self, table: str, condition: str, **values: Any) -> None:
        assignments = ", ".join(f"{key} = ?" for key in values)
        changed = self._connection.execute(f"UPDATE {table} SET {assignments} WHERE {condition}", [*values.values()])
        assert changed.rowcount, f"no {table} {condition}"

    def network(self, number: int = 1, addresses: int = 16, reserved: int = 2, **values: Any) -> int:
        """Make a network with a row for every address: the lowest ones and the highest are reserved."""
        row = {**PUBLIC, "uuid": f"00000000-0000-4000-8000-00000000000{number}", **values}
        network = self.add("networks", **row)
        if row["cidr"]:
            first = str(row["cidr"]).rpartition("/")[0].rpartition(".")[0]
            for last in range(addresses):
                held = last < reserved or last == addresses - 1
                state = {"allocated": 0, "leased": 0, "reserved": int(held)}
                self.add("fixed_ips", address=f"{first}.{last}", network_id=network, **state)
        return network

    def boot(
        self,
        name: str | None,
        nics: Mapping[int, str | None],
        project: str = RED,
        host: str | None = "c1",
        **values: Any,
    ) -> str:
        """Make an instance with a NIC in each of these networks, by id, each with its address; return its UUID."""
        number = len(self.rows("instances")) + 1
        identity = f"{number:08x}-aaaa-4bbb-8ccc-000000000000"
        hostname = (name or "").lower().replace(" ", "-") or None
        row = {"uuid": identity, "display_name": name, "hostname": hostname, "project_id": project, "host": host}
        self.add("instances", **{**row, **values})
        for network, address in nics.items():
            self.plug(identity, network, address)
        return identity

    def plug(self, instance: str, network: int, address: str | None, mac: str = "", **values: Any) -> int:
        number = len(self.rows("virtual_interfaces")) + 1
        row = {"address": mac or f"fa:16:3e:00:00:{number:02x}", "uuid": f"{number:08x}-dddd-4eee-8fff-000000000000"}
        vif = self.add("virtual_interfaces", network_id=network, instance_uuid=instance, **{**row, **values})
        if address is not None:
            self.take(address, instance, vif)
        return vif

    def take(self, address: str, instance: str | None, vif: int | None) -> None:
        state = {"allocated": 1, "leased": 1, "instance_uuid": instance, "virtual_interface_id": vif}
        self.change("fixed_ips", f"address = '{address}'", **state)

    def floating(self, address: str, fixed: str | None = None, project: str | None = RED, **values: Any) -> None:
        row = {"pool": "nova", "interface": "eth0", "auto_assigned": 0, "project_id": project}
        number = None
        if fixed is not None:
            number = self._connection.execute("SELECT id FROM fixed_ips WHERE address = ?", [fixed]).fetchone()[0]
        self.add("floating_ips", address=address, fixed_ip_id=number, **{**row, **values})

    def rows(self, table: str) -> list[Any]:
        return self._connection.execute(f"SELECT * FROM {table}").fetchall()

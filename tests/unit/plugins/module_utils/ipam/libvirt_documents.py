# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Networks and domains as libvirt prints them. A functional test has libvirt itself take them."""

from __future__ import annotations

DEFAULT = """\
<network>
  <name>default</name>
  <uuid>191ddd42-2804-4c81-83a9-7837abe55fff</uuid>
  <forward mode='nat'/>
  <bridge name='virbr0' stp='on' delay='0'/>
  <ip address='192.168.122.1' netmask='255.255.255.0'>
    <dhcp>
      <range start='192.168.122.100' end='192.168.122.199'/>
      <host mac='52:54:00:00:00:05' name='web' ip='192.168.122.5'/>
      <host mac='52:54:00:00:00:06' name='printer' ip='192.168.122.6'/>
      <host mac='52:54:00:00:00:96' ip='192.168.122.150'/>
    </dhcp>
  </ip>
</network>
"""

# The gateway is on top, guests start at the bottom.
TOP = """\
<network>
  <name>top</name>
  <uuid>291ddd42-2804-4c81-83a9-7837abe55fff</uuid>
  <forward mode='nat'/>
  <bridge name='virbr1' delay='0'/>
  <mtu size='9000'/>
  <ip address='10.9.0.254' prefix='24'>
    <dhcp>
      <range start='10.9.0.1' end='10.9.0.9'/>
      <range start='10.9.0.20' end='10.9.0.29'/>
    </dhcp>
  </ip>
  <ip family='ipv6' address='fd00:9::ff' prefix='64'>
  </ip>
</network>
"""

TAGGED = TOP.replace("<mtu size='9000'/>", "<vlan><tag id='42'/></vlan>")

# Everything that has no place here.
ODD = """\
<network>
  <name>odd</name>
  <uuid>391ddd42-2804-4c81-83a9-7837abe55fff</uuid>
  <forward dev='eth0' mode='route'>
    <interface dev='eth0'/>
  </forward>
  <bridge name='virbr2' stp='on' delay='0'/>
  <mac address='52:54:00:aa:00:01'/>
  <domain name='example.org' localOnly='yes'/>
  <dns>
    <forwarder addr='8.8.8.8'/>
    <host ip='10.8.0.2'>
      <hostname>gate</hostname>
      <hostname>wall</hostname>
    </host>
  </dns>
  <bandwidth>
    <inbound average='1000' peak='5000' burst='5120'/>
  </bandwidth>
  <ip address='10.8.0.1' netmask='255.255.255.0'>
    <tftp root='/srv/tftp'/>
    <dhcp>
      <range start='10.8.0.2' end='10.8.0.9'>
        <lease expiry='24' unit='hours'/>
      </range>
      <host mac='52:54:00:00:08:01' ip='10.8.0.1'/>
      <bootp file='pxelinux.0'/>
    </dhcp>
  </ip>
  <ip address='10.8.1.1' netmask='255.255.255.0'>
  </ip>
  <ip family='ipv6' address='fd00:8::1' prefix='80'>
  </ip>
  <route address='10.7.0.0' prefix='16' gateway='10.8.0.2'/>
  <portgroup name='fast' default='yes'>
    <bandwidth>
      <inbound average='9000'/>
    </bandwidth>
  </portgroup>
</network>
"""

ISOLATED = """\
<network>
  <name>isolated</name>
  <uuid>491ddd42-2804-4c81-83a9-7837abe55fff</uuid>
  <bridge name='virbr3' stp='on' delay='0'/>
  <ip address='10.7.0.1' netmask='255.255.255.0'>
  </ip>
</network>
"""

BRIDGED = """\
<network>
  <name>bridged</name>
  <uuid>591ddd42-2804-4c81-83a9-7837abe55fff</uuid>
  <forward mode='bridge'/>
  <bridge name='br0'/>
</network>
"""

SILENT = """\
<network>
  <name>silent</name>
  <uuid>691ddd42-2804-4c81-83a9-7837abe55fff</uuid>
  <forward mode='open'/>
  <bridge name='virbr4' delay='0'/>
  <ip address='10.6.0.1' netmask='255.255.255.0'>
  </ip>
</network>
"""

DOMAIN = """\
<domain type='test'>
  <name>{name}</name>
  <uuid>{uuid}</uuid>
  <memory unit='KiB'>262144</memory>
  <os>
    <type arch='x86_64'>hvm</type>
  </os>
  <devices>
    {interfaces}
  </devices>
</domain>
"""
INTERFACE = """\
<interface type='network'>
      <mac address='{mac}'/>
      <source network='{network}'/>
      <model type='virtio'/>
    </interface>"""


def domain(name: str, *interfaces: str) -> str:
    """Return a domain with these interfaces."""
    number = sum(name.encode())
    return DOMAIN.format(name=name, uuid=f"70000000-0000-4000-8000-{number:012}", interfaces="\n    ".join(interfaces))


def interface(mac: str, network: str) -> str:
    """Return an interface in a network."""
    return INTERFACE.format(mac=mac, network=network)

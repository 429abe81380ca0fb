#!/bin/sh
# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What a guest does with what its DHCP server says. udhcpc calls this with the event and the options as variables.

# shellcheck disable=SC2154 # udhcpc sets interface, ip, mask, router and so on.

event=$1
record=/run/dhcp.lease
[ "$interface" = eth0 ] || record=$record.$interface

case $event in
deconfig)
    ip -4 address flush dev "$interface" scope global
    ip link set "$interface" up
    rm -f "$record"
    ;;
bound | renew)
    [ -z "$mtu" ] || ip link set "$interface" mtu "$mtu"
    ip -4 address replace "$ip/$mask" dev "$interface"
    ip -4 route flush default dev "$interface" 2>/dev/null
    for hop in $router; do
        ip -4 route replace default via "$hop" dev "$interface"
    done
    {
        [ -z "$domain" ] || echo "search $domain"
        for server in $dns; do
            echo "nameserver $server"
        done
    } >/etc/resolv.conf
    { echo "event=$event" && env; } >"$record.new"
    mv "$record.new" "$record"
    ;;
nak)
    echo "nak ${message:-}" >>/run/dhcp.naks
    ;;
esac

# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of modules as people may write them: of the documented types, and otherwise anything at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

# Names of things that exist in the cloud of these tests, and addresses in it: some of it must get far.
PLAUSIBLE = [
    *("private", "tenant", "tenant_0", "tenant_1", "wide", "six", "nova", "own", "red", "blue", "a", "b"),
    *("net1", "c1", "c2", "br100", "br7", "eth0", "10.0.0.2", "10.0.0.9", "10.1.0.3", "10.9.0.0/24", "10.0.0.0/28"),
    *("192.0.2.1", "192.0.2.3", "192.0.2.0/29", "198.51.100.1-198.51.100.9", "fd00:7::/64", "fa:16:3e:00:00:07"),
    *("5f0c9d64-6b1f-4f0d-8a51-7f1c3c5e54f8", "", "web", "tcp"),
]
HOSTILE = [
    *(
        " ",
        "a, b",
        "ä",
        "名前",
        "x" * 63,
        "x" * 255,
        "x" * 256,
        "9" * 5000,
        "-",
        ".",
        "..",
        "/",
        "%",
        "a/b",
        "a:b",
        "a=b",
    ),
    *(
        "'; DROP TABLE networks; --",
        '" OR 1=1 --',
        "') UNION SELECT * FROM meta --",
        ":name",
        "{{ label }}",
        "%s%n",
        "\\",
    ),
    *("\x00", "a\nb", "a\tb", "\u202eabc", "\U0001f980", "None", "null", "-1", "1e9", "0x0a000001"),
    *(
        "10.0.0.5/24",
        "10.0.0.0/31",
        "10.0.0.0/32",
        "0.0.0.0/0",
        "0.0.0.0",
        "255.255.255.255",
        "10.0.0.0/33",
        "10.0.0.0/-1",
    ),
    *(
        "10.0.0.9-10.0.0.1",
        "10.0.0.0-10.255.255.255",
        "10.0.0.1-",
        "-10.0.0.1",
        "10.0.0.1-10.0.0.2-10.0.0.3",
        "010.0.0.1",
    ),
    *(
        "::ffff:10.0.0.1",
        "::ffff:10.0.0.0/120",
        "::/0",
        "fd00::1/64",
        "fd00::/127",
        "fd00::/128",
        "fe80::1%eth0",
        "::1",
    ),
    *("00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "00000000-0000-0000-0000-000000000000", "224.0.0.0/4", "127.0.0.1"),
]
TEXTS = st.sampled_from(PLAUSIBLE) | st.sampled_from(HOSTILE) | st.text(max_size=20)
NUMBERS = st.sampled_from(
    [-(10**30), -(1 << 63) - 1, -2, -1, 0, 1, 2, 3, 16, 4094, 4095, 1 << 16, 1 << 31, 1 << 32, 10**30]
)
FLOATS = st.floats() | st.integers(-10, 10)
ANYTHING = st.recursive(
    st.none() | st.booleans() | NUMBERS | FLOATS | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)

OF_TYPE: Mapping[str, st.SearchStrategy[Any]] = {
    "str": TEXTS,
    "int": NUMBERS,
    "bool": st.booleans(),
    "dict": st.dictionaries(TEXTS, ANYTHING, max_size=4),
}
Options = Mapping[str, Any]

# Items that are right. What is asked for is mostly one of them with something else here and there, so that it gets far.
_ITEMS: Mapping[str, dict[str, Any]] = {
    "networks": {"label": "new", "cidr": "10.9.0.0/24", "bridge": "br9"},
    "reservations": {"network": "private", "address": "10.0.0.9"},
    "pools": {"name": "new", "ranges": ["203.0.113.0/28"]},
    "addresses": {"project": "red"},
    "instances": {"name": "c", "project": "red", "host": "c1"},
    "nics": {"network": "wide"},
    "projects": {"name": "red"},
    "hosts": {"name": "net1", "network": True, "compute": True, "public_interface": "eth0", "my_ip": "192.0.2.100"},
}
SENSIBLE = {**_ITEMS, "floating_pools": _ITEMS["pools"], "floating_addresses": _ITEMS["addresses"]}


def options_for(documented: Options, given: Options) -> st.SearchStrategy[dict[str, Any]]:
    """Return some of the options that a module has, with values of their types.

    :param documented: its options as they are documented.
    :param given: options that are always the same.
    """
    free = {name: option for name, option in documented.items() if name not in given}
    return _dictionaries(free, {}).map(lambda options: {**options, **given})


def _dictionaries(documented: Options, sensible: Options) -> st.SearchStrategy[dict[str, Any]]:
    values = {name: _values(name, option) for name, option in documented.items()}
    required = {
        name: st.just(sensible[name]) | value if name in sensible else value
        for name, value in values.items()
        if documented[name].get("required")
    }
    optional = {name: value for name, value in values.items() if name not in required}
    if not optional:
        return st.fixed_dictionaries(required)
    # Few at a time: of all at once the first that is wrong would hide the others.
    few = st.sets(st.sampled_from(sorted(optional)), max_size=4)
    return few.flatmap(
        lambda names: st.fixed_dictionaries({**required, **{name: optional[name] for name in names}}).map(
            lambda item: {**sensible, **item}
        )
    )


def _values(name: str, option: Options) -> st.SearchStrategy[Any]:
    is_list = option["type"] == "list"
    kind = option["elements"] if is_list else option["type"]
    one: st.SearchStrategy[Any]
    if "choices" in option:
        one = st.sampled_from(option["choices"])
    elif "suboptions" in option:
        one = _dictionaries(option["suboptions"], SENSIBLE.get(name, {}))
    else:
        one = OF_TYPE[kind]
    return st.lists(one, max_size=3) if is_list else one

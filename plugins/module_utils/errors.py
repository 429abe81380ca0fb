# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors that a person can act on: which item, which value, what is wrong, what to do."""

from __future__ import annotations


class NovaError(Exception):
    """Base of every error the collection raises on purpose.

    :param subject: the item and its value, with its position where there is one (``networks[2].gateway 10.0.1.1``).
    :param reason: what is wrong with it (``is outside 10.0.0.0/24``).
    :param hint: what to do about it; empty when the reason says enough.
    """

    def __init__(self, subject: str, reason: str, hint: str = "") -> None:
        self.subject = subject
        self.reason = reason
        self.hint = hint
        super().__init__(f"{subject} {reason}" + (f". {hint}" if hint else ""))


class InvalidInput(NovaError):
    """A value that can never be right, whatever the state of the cloud or the host."""


class Conflict(NovaError):
    """A value that contradicts something that exists already."""


class NotFound(NovaError):
    """Something that was named does not exist."""


class InUse(NovaError):
    """Something cannot go because something else depends on it."""


class Exhausted(NovaError):
    """A pool of addresses, VLAN ids or ports has none left."""


class OverQuota(NovaError):
    """A project would have more of something than it may have."""


class StoreError(NovaError):
    """The database cannot be opened, read or written, or has a schema this release does not know."""


class HostError(NovaError):
    """A host lacks something, or did not do what it was told."""


class CommandFailed(HostError):
    """A command on a host ended with an exit code that was not expected.

    :param argv: the command and its arguments.
    :param code: its exit code.
    :param output: what it said on standard error, or on standard output where the former is empty.
    """

    def __init__(self, argv: tuple[str, ...], code: int, output: str) -> None:
        self.argv = argv
        self.code = code
        self.output = output.strip()
        super().__init__(f"command {' '.join(argv)}", f"ended with code {code}: {self.output or 'no output'}")


class RolledBack(HostError):
    """A change failed half way and what was done of it was undone: the host is as it was."""


class DamagedMemory(HostError):
    """What a host remembers cannot be understood: a state file is damaged."""


class PlanRefused(HostError):
    """A host refuses a plan that is older than the one it has, or that comes from a foreign IPAM."""

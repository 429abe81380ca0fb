# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a plan for links means for the controller's own connection: nothing, a refusal, or a guard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from ...change import Change
from ..guard_arm import Arming, Protection, Sight
from ..runner import Runner
from .draft import Draft
from .management import Management, disturbed_carrier, read_management, refuse_disturbance
from .model import Host


class Positions(Protocol):
    """Options that name links."""

    def position_of(self, device: str) -> str:
        """Return where they name a link, such as ``bridges[2].interface eth2``."""


@dataclass(frozen=True)
class Access:
    """How a run treats the link of the controller's connection.

    :param address: the address that the controller is connected to; empty to find it out.
    :param consent: the link may be changed.
    :param protection: how that is guarded; None for not at all, as at boot.
    """

    address: str = ""
    consent: bool = False
    protection: Protection | None = None

    def read(self, runner: Runner) -> Reach:
        """Read how the controller reaches this host, and what guards there are."""
        unguarded = self.consent and self.protection is None
        management = Management() if unguarded else read_management(runner, self.address)
        return Reach(management, self.protection.look(runner) if self.protection else Sight())

    def guard(
        self,
        draft: Draft,
        before: Host,
        reach: Reach,
        want: Positions,
        files: Mapping[str, str | None] = MappingProxyType({}),
    ) -> Arming | None:
        """Return the guard that a plan needs, None when the controller's connection is safe.

        :param files: further files that the plan changes, as they are.
        :raises InUse: the plan takes something off the link without consent.
        """
        management = reach.management
        link = disturbed_carrier(draft, before, management.address)
        if link and not self.consent:
            raise refuse_disturbance(want.position_of(link), management.address)
        if not link or self.protection is None:
            return None
        promise = f"taken back unless confirmed within {self.protection.seconds} s"
        draft.changes.insert(0, Change("run", "guard", management.address, promise))
        return self.protection.over(management.address, management.connection, draft.undo, dict(files))


@dataclass(frozen=True)
class Reach:
    """How the controller reaches a host, and what guards there are on it."""

    management: Management = Management()
    sight: Sight = Sight()

# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recipes of images, and where their packages come from."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.machines.errors import MachineError
from tests.machines.image import parse_mirror
from tests.machines.recipe import RECIPES


def test_every_change_of_a_recipe_is_another_image() -> None:
    recipe = RECIPES["debian12"]
    assert recipe.digest == replace(recipe).digest
    others = [replace(recipe, packages=recipe.packages[1:]), replace(recipe, files={**recipe.files, "etc/x": "y"})]
    assert len({recipe.digest, *(other.digest for other in others), *(one.digest for one in RECIPES.values())}) == 4


def test_the_archive_is_the_one_that_apt_takes_debian_from() -> None:
    listing = (
        "Translations Debian Debian http://a.example/\n"
        "Packages Debian Debian-Security http://b.example/\n"
        "Packages Other Other http://c.example/\n"
        "Packages Debian Debian http://d.example/debian/\n"
    )
    assert parse_mirror(listing) == "http://d.example/debian/"


def test_a_machine_without_an_archive_of_debian_says_so() -> None:
    with pytest.raises(MachineError, match="knows no archive of Debian"):
        parse_mirror("Packages Ubuntu Ubuntu http://a.example/\n")

# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Images of hosts: built once for each recipe, kept in the user's cache, never written to by a machine."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from .errors import MachineError
from .recipe import Recipe

LIMIT_SECONDS = 900
UNUSED_SECONDS = 14 * 24 * 3600


@dataclass(frozen=True)
class Image:
    """A root file system without a partition table, and the kernel that it holds."""

    disk: Path
    kernel: Path
    initrd: Path


def cache() -> Path:
    """Return where images are kept: another checkout of this user finds them again."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    path = Path(base) / "novanet"
    path.mkdir(parents=True, exist_ok=True)
    return path


def clear() -> None:
    """Remove all images."""
    shutil.rmtree(cache())


def image_of(recipe: Recipe) -> Image:
    """Return the image of a recipe; build it where it is not in the cache.

    :raises MachineError: it cannot be built.
    """
    place = cache() / f"{recipe.name}-{recipe.digest}"
    with _locked(cache() / f"{recipe.name}.lock"):
        if not place.is_dir():
            began = time.monotonic()
            _build(recipe, place)
            print(f"image {place.name}: built in {time.monotonic() - began:.0f} s", flush=True)
        os.utime(place)
        _forget_unused(place)
    return Image(place / "disk.raw", place / "vmlinuz", place / "initrd")


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with open(path, "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _forget_unused(kept: Path) -> None:
    """Bound the cache: what nobody has used for long is an old recipe, what is half built has no builder any more."""
    for path in kept.parent.glob(f"{kept.name.rpartition('-')[0]}-*"):
        if path != kept and time.time() - path.stat().st_mtime > UNUSED_SECONDS:
            shutil.rmtree(path)
    for path in kept.parent.glob(f".{kept.name.rpartition('-')[0]}-*"):
        shutil.rmtree(path)


def _build(recipe: Recipe, place: Path) -> None:
    """Build beside the place and put it there in one step, so that half an image is never used."""
    print(f"image {place.name}: building", flush=True)
    work = Path(tempfile.mkdtemp(prefix=f".{recipe.name}-", dir=place.parent))
    try:
        root, done = work / "root", work / "done"
        done.mkdir()
        _run(_bootstrap_command(recipe, root, debian_mirror(), _write_files(recipe, work)))
        for name in ("vmlinuz", "initrd"):
            newest = max((root / "boot").glob(f"{name}*-*"))
            shutil.copy2(newest, done / name)
        disk = done / "disk.raw"
        _run(("truncate", "-s", f"{recipe.megabytes}M", str(disk)))
        _run(("mkfs.ext4", "-q", "-F", "-O", "^has_journal", "-L", "root", "-d", str(root), str(disk)))
        done.rename(place)
    finally:
        shutil.rmtree(work)


def _write_files(recipe: Recipe, work: Path) -> tuple[Path, Path]:
    """Write the recipe's files where mmdebstrap takes them from: those before the packages, those after."""
    for stage, files in (("before", recipe.before), ("after", recipe.files)):
        for name, text in files.items():
            path = work / stage / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            path.chmod(0o755 if path.parent.name in ("sbin", "hooks") else 0o644)
    return work / "before", work / "after"


def _bootstrap_command(recipe: Recipe, root: Path, mirror: str, files: tuple[Path, Path]) -> tuple[str, ...]:
    before, after = files
    hooks = (
        f'--setup-hook=cp -a {before}/. "$1"/',
        # Some of these are links made by a package: a copy would be written through them.
        *(f'--customize-hook=rm -f "$1/{name}"' for name in recipe.files),
        f'--customize-hook=cp -a {after}/. "$1"/',
        f'--customize-hook=chroot "$1" systemctl --quiet mask {" ".join(recipe.masked)}',
        f'--customize-hook=chroot "$1" systemctl --quiet enable {" ".join(recipe.enabled)}',
    )
    options = ("--mode=root", "--variant=apt", "--quiet", "--aptopt=Acquire::Retries 3", "--skip=cleanup/reproducible")
    include = "--include=" + ",".join(recipe.packages)
    return ("mmdebstrap", *options, include, *hooks, recipe.suite, str(root), mirror)


def debian_mirror() -> str:
    """Return the archive that this machine's own apt takes Debian from.

    :raises MachineError: it takes it from nowhere.
    """
    listing = _run(("apt-get", "indextargets", "--format", "$(CREATED_BY) $(ORIGIN) $(LABEL) $(REPO_URI)"))
    return parse_mirror(listing)


def parse_mirror(listing: str) -> str:
    """Return the first archive of Debian's main distribution in what ``apt-get indextargets`` lists."""
    for line in listing.splitlines():
        words = line.split()
        if words[:3] == ["Packages", "Debian", "Debian"] and len(words) == 4:
            return words[3]
    raise MachineError("apt on this machine knows no archive of Debian (apt-get update, then apt-get indextargets)")


def _run(argv: Sequence[str]) -> str:
    done = subprocess.run(
        argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False
    )
    if done.returncode != 0:
        said = "\n".join((done.stderr or done.stdout).strip().splitlines()[-20:])
        raise MachineError(f"{' '.join(argv[:1])}: exit code {done.returncode}\n{said}")
    return done.stdout

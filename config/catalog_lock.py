"""The lock file of a catalog: `catalog.lock.toml` has a digest of every version that was published.

A locked version cannot be edited: the catalog is refused until the version has its old content again and
the change has its own version. `python -m config.catalog_lock catalog.toml` locks the new versions.
"""

import hashlib
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import ConfigDict, RootModel

from config.catalog_plans import CatalogDocument, PlanEntry
from config.files import FileError, read_model


class _LockDocument(RootModel[dict[str, str]]):
    model_config = ConfigDict(frozen=True, strict=True)


def lock_path(catalog: Path) -> Path:
    """Return where the lock of a catalog file is."""
    return catalog.with_suffix(".lock.toml")


def digest_of(plan: PlanEntry) -> str:
    """Return the SHA-256 (hex) of a version's content, the same for the same content."""
    # Defaults are left out, so that a key that a later release adds does not change the digest.
    content = plan.model_dump(mode="json", exclude_defaults=True)
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def read_lock(catalog: Path) -> Mapping[str, str]:
    """Return digests by version, such as "team@2"; none if there is no lock.

    Raises:
        FileError: The lock cannot be used.
    """
    path = lock_path(catalog)
    if not path.exists():
        return {}
    return read_model(_LockDocument, path, default=path.name).root


def check_lock(plans: Iterable[PlanEntry], catalog: Path) -> None:
    """Check that no published version was edited.

    Raises:
        FileError: A version was edited, or the lock cannot be used.
    """
    lock = read_lock(catalog)
    known = list(plans)
    for plan in known:
        if lock.get(plan.label, digest_of(plan)) != digest_of(plan):
            newest = max(each.version for each in known if each.id == plan.id)
            raise FileError(
                f"{catalog}: plan {plan.id!r} version {plan.version} was published and is never "
                f"edited; put its old content back and add version {newest + 1}"
            )


def write_lock(catalog: Path) -> Path:
    """Lock every version of the catalog file that is not locked yet, and return the lock's path.

    Raises:
        FileError: The catalog cannot be used, or edits a version that is locked.
    """
    document = read_model(CatalogDocument, catalog, default=catalog.name)
    check_lock(document.plans, catalog)
    digests = {**read_lock(catalog), **{plan.label: digest_of(plan) for plan in document.plans}}
    lines = [f'"{label}" = "{digest}"' for label, digest in sorted(digests.items())]
    header = "# Published versions and their digests; written by python -m config.catalog_lock."
    lock_path(catalog).write_text("\n".join([header, *lines, ""]), encoding="utf-8")
    return lock_path(catalog)


def main(arguments: list[str]) -> int:
    """Lock the catalog file that is named and return the exit status; 0 means success."""
    try:
        (catalog,) = arguments
        sys.stdout.write(f"{write_lock(Path(catalog))}\n")
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

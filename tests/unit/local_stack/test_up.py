"""The folder of the local stack."""

import stat
from pathlib import Path

from local_stack.up import _locked


def test_a_new_folder_is_its_owner_s_only(tmp_path: Path) -> None:
    with _locked(tmp_path / "data") as folder:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_mode_of_a_folder_that_is_there_stays(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)

    with _locked(tmp_path) as folder:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o755

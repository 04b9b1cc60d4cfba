"""Where paths of Databricks are on this machine; what reads and writes them is tested with tasks."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobstrata_local.storage import Storage


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    (tmp_path / "volumes" / "main" / "gold" / "landing").mkdir(parents=True)
    return Storage.beside(tmp_path / "warehouse")


@pytest.mark.parametrize(
    ("path", "local"),
    [
        ("/Volumes/main/gold/landing/a.csv", "volumes/main/gold/landing/a.csv"),
        ("dbfs:/Volumes/main/gold/landing", "volumes/main/gold/landing"),
        ("/dbfs/Volumes/main/gold/landing/", "volumes/main/gold/landing"),
        ("/Volumes", "volumes"),
        ("/Volumes/main", "volumes/main"),
        ("dbfs:/tmp/../x", "dbfs/x"),
        ("dbfs:tmp", "dbfs/tmp"),
        ("/dbfs/tmp", "dbfs/tmp"),
        ("/dbfs", "dbfs"),
    ],
)
def test_paths_are_below_the_data_folder(storage: Storage, tmp_path: Path, path: str, local: str) -> None:
    assert storage.local(path) == str(tmp_path / local)


@pytest.mark.parametrize("path", ["/tmp/x", "relative", "/Volumesx/a", "/dbfsx", "s3://bucket/x"])
def test_other_paths_stay(storage: Storage, path: str) -> None:
    assert storage.local(path) == path
    assert storage.local(f"file:{path}" if path.startswith("/") else path) == path


@pytest.mark.parametrize(
    "path", ["/Volumes/../x", "/Volumes/main/gold/landing/../../../../x", "dbfs:/../x", "/dbfs/../../x"]
)
def test_none_leads_out(storage: Storage, path: str) -> None:
    with pytest.raises(ValueError, match="leads out"):
        storage.local(path)


def test_a_volume_must_exist(storage: Storage) -> None:
    with pytest.raises(FileNotFoundError, match=r"volume main\.gold\.none does not exist"):
        storage.local("/Volumes/main/gold/none/a.csv")


@pytest.mark.parametrize(
    ("local", "shown"),
    [("volumes/main/gold", "/Volumes/main/gold"), ("dbfs/tmp/x", "dbfs:/tmp/x"), ("other", None)],
)
def test_local_paths_are_shown_as_databricks_has_them(
    storage: Storage, tmp_path: Path, local: str, shown: str | None
) -> None:
    assert storage.shown(str(tmp_path / local)) == (shown or f"file:{tmp_path / local}")

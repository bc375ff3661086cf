"""A video rendered by several processes, some of which end before they have begun; they stand in for Blender."""

import stat
import sys
from pathlib import Path
from typing import Any

import pytest
from infinite_parallax.shared.chunks import pictures
from infinite_parallax.shared.chunks.rendering import Task, render
from infinite_parallax.shared.errors import ParallaxError
from infinite_parallax.shared.formats import Export

WORKER = """
import json, os, sys
from pathlib import Path

folder, deaths, code = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
number = sum(1 for _ in folder.glob("started*"))
(folder / f"started{os.getpid()}").touch()
if 0 < number <= deaths:
    sys.exit(code)
about = {"event": "ready", "version": [5, 2, 0], "first": 1, "frames": 200, "fps": [24, 1], "width": 8, "height": 4}
print("@parallax", json.dumps(about | {"sound": False, "memory": 1, "files": [], "build": ""}), flush=True)
for line in sys.stdin:
    job = json.loads(line)
    path = Path(job["path"])
    path.parent.mkdir(parents=True, exist_ok=True)
    for frame in range(job["start"], job["stop"]):
        path.with_name(f"{path.stem}_{frame + 1:04d}{path.suffix}").write_bytes(b"IEND\\xaeB`\\x82")
    print("@parallax", json.dumps({"event": "done"}), flush=True)
sys.exit(code)
"""


def task(folder: Path, deaths: int, code: int) -> Task:
    (folder / "worker.py").write_text(WORKER, encoding="utf-8")
    command = (sys.executable, str(folder / "worker.py"), str(folder), str(deaths), str(code))
    wish = Export(20, None, 18, 192, "png", "none")
    return Task(command, folder / "out" / "shot.png", wish, folder / "parts", (), "ffmpeg", workers=3)


@pytest.mark.parametrize("code", [0, 1])
@pytest.mark.parametrize("deaths", [0, 1, 2])
def test_who_ends_before_beginning_is_not_waited_for(tmp_path: Path, deaths: int, code: int) -> None:
    told: list[tuple[str, Any]] = []

    asked: list[None] = []

    def stop() -> None:
        asked.append(None)
        assert len(asked) < 300, "it waits for somebody who is gone"

    render(task(tmp_path, deaths, code), lambda what, value: told.append((what, value)), stop)
    assert ("crew", 3) in told
    assert told[-1] == ("frame", (200, 200))
    assert len(list((tmp_path / "out").iterdir())) == 200
    assert not (tmp_path / "parts").exists()


def test_the_first_that_ends_before_beginning_is_a_failure(tmp_path: Path) -> None:
    wish = task(tmp_path, 9, 3)
    (tmp_path / "started").touch()
    with pytest.raises(ParallaxError, match="Blender failed"):
        render(wish)


def test_the_note_beside_the_pictures_is_for_everybody(tmp_path: Path) -> None:
    about = pictures.About(Export(20, None, 18, 192, "png", "none"), 5, (24, 1))
    pictures.write_about(tmp_path, about)
    pictures.write_about(tmp_path, about)
    assert pictures.read_about(tmp_path) == about
    (note,) = tmp_path.iterdir()
    (tmp_path / "plain").write_bytes(b"")
    assert stat.S_IMODE(note.stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)

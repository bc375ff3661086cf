"""`listen` from the command line, and a project that a sound drives."""

import json
from pathlib import Path

import numpy as np
import pytest
from infinite_parallax.cli import listening
from infinite_parallax.cli.main import main
from infinite_parallax.shared import frames
from infinite_parallax.shared import plan as plans
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.ambience import ambience, write_wav
from infinite_parallax.shared.frames import Texture
from infinite_parallax.shared.listening.sections import sections
from infinite_parallax.shared.listening.spectrum import ANALYSIS_RATE
from infinite_parallax.shared.painting import Painted
from infinite_parallax.shared.plates import Manifest, Plate, Tile

from ..core.clicks import agreement, clicks


def track(folder: Path) -> Path:
    samples, _ = clicks(100, 12, 0.001, 0.3, 44100)
    write_wav(folder / "clicks.wav", samples[:, None], 44100)
    return folder / "clicks.wav"


def test_what_is_heard_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = track(tmp_path)
    assert main(["listen", str(path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["tempo_bpm"] == pytest.approx(100, rel=0.005)
    assert agreement(np.array(found["beats_s"]), clicks(100, 12, 0, 0.3)[1]) >= 0.95
    assert [s["start_s"] for s in found["sections"]] == [0]
    assert main(["listen", str(path), "--tempo", "50"]) == 0
    said = capsys.readouterr().out
    assert "12.0 s, 50.0 beats per minute" in said
    assert "10 beats" in said
    assert "20 onsets" in said
    for tempo, bpm in (("x2", 200), ("/2", 50), ("x0.5", 50)):
        assert main(["listen", str(path), "--tempo", tempo, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["tempo_bpm"] == pytest.approx(bpm, rel=0.005)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["none.wav"], 1),
        *((["clicks.wav", "--tempo", tempo], 2) for tempo in ("5", "fast", "x9", "/0", "x", "nan", "xnan")),
    ],
)
def test_what_cannot_be_listened_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int
) -> None:
    track(tmp_path)
    assert main(["listen", str(tmp_path / arguments[0]), *arguments[1:]]) == code
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_sections_begin_where_the_sound_becomes_another() -> None:
    wind, rain = (ambience(kind, 12, ANALYSIS_RATE)[:, 0] for kind in ("wind", "rain"))
    found = sections(np.concatenate([wind, rain, wind[: 10 * ANALYSIS_RATE]]))
    assert [s.start_s for s in found] == pytest.approx([0, 12, 24], abs=0.6)
    assert found[-1].end_s == 34
    assert found[0].level_db == pytest.approx(-24, abs=0.1)
    assert len(sections(np.zeros(1, np.float32))) == 1


def test_a_preview_moves_with_its_sound(tmp_path: Path) -> None:
    beats = {"feature": "beats", "attack_s": 0, "release_s": 0.1}
    data = {
        "motion": {"seconds_per_step": 0.5, "fps": 20, "steps": 8},
        "layers": [{"velocity": [-4, 0]}],
        "sound": {"ambience": "none", "file": str(track(tmp_path))},
        "grades": [{}],
        "drives": [beats | {"amount": 4}, beats | {"target": "brightness", "amount": 30}],
    }
    project = projects.from_json(data)
    plan = plans.plan(project, 32, 24)
    tile = Tile("t.png", 0, 8, 0, 0, 64, 24, "")
    painted = Painted(project, plan, Manifest(32, 24, 8, 8, (Plate(0, "all", (tile,)),), ()))
    spec = listening.build(painted)
    assert spec.frames == plan.frames
    grey = Texture.of(np.full((24, 64, 4), (90, 90, 90, 255), np.uint8))
    light = [frames.render(spec, n, lambda _: grey).mean() for n in range(spec.frames)]
    on = {round((0.3 + 0.6 * k) * 20) for k in range(7)}
    assert {n for n, value in enumerate(light) if value > 150} == on
    (plane,) = spec.planes
    ways = -np.diff([frames.placed(plane, n)[0] for n in range(spec.frames + 1)])
    assert ways.sum() == pytest.approx(32)
    assert np.mean([ways[n] for n in on]) > 1.5 * ways.mean()

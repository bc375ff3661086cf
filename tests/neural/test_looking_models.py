"""Depth and captions by models of transformers: the contract, what is said without the model, and a whole job."""

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from infinite_parallax.inpaint_server import engines
from infinite_parallax.inpaint_server.app import create_app
from infinite_parallax.inpaint_server.context import KEY, Config
from infinite_parallax.inpaint_server.engines import blip as blip_engine
from infinite_parallax.inpaint_server.engines.contract import RGB, InpaintRequest, Mask
from infinite_parallax.inpaint_server.engines.looking import Disparity, Look
from infinite_parallax.inpaint_server.engines.telea import TeleaEngine
from infinite_parallax.shared.errors import ParallaxError, UsageError
from infinite_parallax.shared.example_picture import paint
from PIL import Image
from transformers import AutoModelForDepthEstimation

from . import tiny_caption, tiny_depth

WIDTH, HEIGHT = 96, 64
TOKEN = "a-token-for-the-tests"
DEPTHS = ("dpt", "depth_anything")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A folder per engine, with a tiny model."""
    folder = tmp_path_factory.mktemp("models")
    made = {"dpt": tiny_depth.dpt, "depth_anything": tiny_depth.depth_anything, "blip": tiny_caption.blip}
    return {name: build(folder / name) for name, build in made.items()}


def picture(seed: int = 1) -> RGB:
    return paint(WIDTH, HEIGHT, seed)


def depth(name: str, model: Path | str, shown: RGB, cancelled: Callable[[], bool] = lambda: False) -> Disparity:
    return engines.load_depth(name).depth(shown, Look({"model": str(model)}), cancelled)


@pytest.mark.parametrize("name", DEPTHS)
def test_another_picture_has_another_depth_over_the_whole_range(models: dict[str, Path], name: str) -> None:
    first, second = (depth(name, models[name], picture(seed)) for seed in (1, 2))
    assert first.tobytes() != second.tobytes()
    assert (first.min(), first.max()) == (0, 1)


def test_metres_are_turned_into_disparity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tiny_depth.depth_anything(tmp_path / "metric", metric=True)
    seen: list[np.ndarray] = []
    real = AutoModelForDepthEstimation.from_pretrained

    def watched(*args: Any, **options: Any) -> Any:
        model = real(*args, **options)
        model.register_forward_hook(lambda _model, _in, out: seen.append(out.predicted_depth[0].numpy()))
        return model

    monkeypatch.setattr(AutoModelForDepthEstimation, "from_pretrained", watched)
    found = depth("depth_anything", folder, picture())
    rows, columns = np.array(seen[0].shape) / found.shape
    metres = seen[0][int(32 * rows)][(np.arange(WIDTH) * columns).astype(int)]
    # what is far in metres is small in disparity
    assert np.corrcoef(metres, found[32])[0, 1] < 0


def test_a_model_that_is_not_here_is_told_with_the_way_to_it() -> None:
    with pytest.raises(ParallaxError, match=r"dpt-large is not on this computer, and the hub cannot be reached"):
        depth("dpt", "", picture())
    with pytest.raises(ParallaxError, match=r"blip-image-captioning-base is not on this computer"):
        engines.load_caption("blip").caption(picture(), Look())


def test_a_folder_that_is_not_there_or_holds_something_else(models: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no folder"):
        depth("dpt", tmp_path / "nowhere", picture())
    with pytest.raises(UsageError, match="cannot be loaded"):
        depth("dpt", tmp_path, picture())
    with pytest.raises(UsageError, match="cannot be loaded"):
        depth("dpt", models["blip"], picture())


def test_weights_that_could_run_code_are_refused(models: dict[str, Path], tmp_path: Path) -> None:
    import torch

    folder = tiny_depth.dpt(tmp_path / "pickled")
    weights = AutoModelForDepthEstimation.from_pretrained(models["dpt"]).state_dict()
    (folder / "model.safetensors").unlink()
    torch.save(weights, folder / "pytorch_model.bin")
    with pytest.raises(UsageError, match="no weights as safetensors"):
        depth("dpt", folder, picture())


def test_words_are_left_out_that_are_excluded_or_unsure(models: dict[str, Path]) -> None:
    options = {"model": str(models["blip"]), "threshold": 0.0}
    engine = engines.load_caption("blip")
    first = engine.caption(picture(), Look(options)).split()[0]
    assert first not in engine.caption(picture(), Look(options | {"exclude": first})).split()
    assert engine.caption(picture(), Look(options | {"threshold": 1.0})) == ""


def test_words_are_as_sure_as_their_least_sure_piece() -> None:
    pieces = [("a", 0.9), ("light", 0.8), ("##house", 0.3), (",", 0.6), ("sea", 0.5)]
    assert blip_engine.sentence(pieces, 0.0) == "a lighthouse , sea"
    assert blip_engine.sentence(pieces, 0.5) == "a , sea"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Any]:
    app = create_app(Config(tmp_path / "store", TOKEN))
    app.extensions[KEY].worker.start()
    yield app.test_client()
    app.extensions[KEY].stop()


def test_a_whole_job(served: Any, models: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[InpaintRequest] = []
    paint_one = TeleaEngine.inpaint

    def reading(engine: TeleaEngine, canvas: RGB, mask: Mask, request: InpaintRequest, stop: Any) -> RGB:
        asked.append(request)
        return paint_one(engine, canvas, mask, request, stop)

    monkeypatch.setattr(TeleaEngine, "imagines", True, raising=False)
    monkeypatch.setattr(TeleaEngine, "inpaint", reading)
    wish = {
        "inpaint": {"engine": "telea", "prompt": "a meadow", "warn_divergence": 10},
        "depth": {"engine": "depth_anything", "model": str(models["depth_anything"])},
        "caption": {"engine": "blip", "model": str(models["blip"]), "threshold": 0, "every_steps": 2},
        "speed": {"law": "depth"},
        "cut": {"layers": 3, "mode": "contour"},
        "motion": {"steps": 4, "step_px": 6},
    }
    out = io.BytesIO()
    Image.fromarray(picture()).save(out, "PNG")
    headers = {"Authorization": f"Bearer {TOKEN}"}
    form = {"project": json.dumps(wish), "picture": (io.BytesIO(out.getvalue()), "p.png")}
    job = served.post("/api/v1/jobs", data=form, headers=headers).get_json()
    events = served.get(f"/api/v1/jobs/{job['id']}/events", headers=headers).get_data(as_text=True)
    assert "Estimating the depth of the picture" in events
    done = served.get(f"/api/v1/jobs/{job['id']}", headers=headers).get_json()
    assert (done["state"], done["step"]) == ("succeeded", 4)
    assert done["warnings"][0] == "The depth was estimated by depth_anything."
    steps = [request.prompt for request in asked if request.context]
    assert len(steps) == 4
    assert all(prompt.startswith("a meadow, ") for prompt in steps)
    assert steps[0] == steps[1]

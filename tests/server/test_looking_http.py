"""One picture looked at over HTTP and from the command line: its depth, a caption, and what is refused."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from infinite_parallax.cli.main import main
from infinite_parallax.inpaint_server import engines
from infinite_parallax.inpaint_server.engines.contract import RGB, InpaintRequest, Mask
from infinite_parallax.inpaint_server.engines.looking_guard import GuardedCaption
from infinite_parallax.inpaint_server.engines.telea import TeleaEngine
from infinite_parallax.shared.client import Client
from infinite_parallax.shared.errors import UsageError
from infinite_parallax.shared.example_picture import paint
from infinite_parallax.shared.model_settings import Caption, Depth
from PIL import Image

Serve = Callable[..., Any]
WIDTH, HEIGHT = 120, 80


class Talker:
    """A caption engine that says the same of everything."""

    name = "talker"

    def caption(self, _picture: Any, look: Any, _cancelled: Any) -> str:
        return f"a painting of  a river\n with {look.options['threshold']:g} boats"


@pytest.fixture
def talker(monkeypatch: pytest.MonkeyPatch) -> None:
    real = engines.available

    def available(task: str = engines.INPAINT) -> dict[str, str]:
        return real(task) | ({"talker": "", "mute": "not installed: pip install voice"} if task == "caption" else {})

    monkeypatch.setattr(engines, "available", available)
    monkeypatch.setattr(engines, "load_caption", lambda _name: GuardedCaption(Talker()))


@pytest.fixture
def png(tmp_path: Path) -> Path:
    path = tmp_path / "picture.png"
    Image.fromarray(paint(WIDTH, HEIGHT, 2)).save(path)
    return path


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def test_the_depth_of_a_picture(listen: Callable[..., Client], png: Path) -> None:
    client = listen()
    picture = png.read_bytes()
    wide = opened(client.depth(picture, Depth(engine="prior")))
    narrow = opened(client.depth(picture, bits=8))
    assert wide.size == narrow.size == (WIDTH, HEIGHT)
    values = np.asarray(wide).astype(float) / 65535
    assert np.abs(values - np.asarray(narrow) / 255).max() <= 0.6 / 255
    assert values[0].mean() < 0.2
    assert values[-1].mean() > 0.8


@pytest.mark.usefixtures("talker")
def test_a_caption_without_the_excluded_words(listen: Callable[..., Client], png: Path) -> None:
    wish = Caption(engine="talker", exclude="painting of, river", threshold=0.5)
    assert listen().caption(png.read_bytes(), wish) == "a a with 0.5 boats"


@pytest.mark.usefixtures("talker")
def test_a_form_by_hand(serve: Serve, png: Path) -> None:
    form = {"picture": (io.BytesIO(png.read_bytes()), "p.png"), "engine": "talker", "exclude": "boats"}
    answer = serve().ask("POST", "/caption", data=form).get_json()
    assert answer == {"engine": "talker", "caption": "a painting of a river with 0.35"}


@pytest.mark.usefixtures("talker")
@pytest.mark.parametrize(
    ("path", "fields", "code", "words"),
    [
        ("depth", {"engine": "tarot"}, "unknown_engine", "tarot"),
        ("caption", {"engine": "mute"}, "engine_unavailable", "pip install voice"),
        ("depth", {"bits": "12"}, "bad_request", "16 or 8"),
        ("depth", {"settings": '{"engin": "prior"}'}, "bad_request", "engin"),
        ("depth", {"settings": "[]"}, "bad_request", "object"),
        ("caption", {"settings": "{"}, "bad_request", "JSON"),
    ],
)
def test_what_is_refused(serve: Serve, png: Path, path: str, fields: dict[str, str], code: str, words: str) -> None:
    form = {"picture": (io.BytesIO(png.read_bytes()), "p.png"), **fields}
    answer = serve().ask("POST", f"/{path}", data=form)
    told = answer.get_json()
    assert (answer.status_code, told["code"]) == (400, code)
    assert words in f"{told['error']} {told['hint']}"


def test_no_picture(serve: Serve) -> None:
    assert "picture" in serve().ask("POST", "/depth", data={"engine": "prior"}).get_json()["error"]


def test_health_names_who_looks(serve: Serve) -> None:
    looking = serve().ask("GET", "/health").get_json()["looking"]
    assert looking["depth"]["prior"] == {"available": True, "reason": ""}
    assert {"dpt", "depth_anything"} <= looking["depth"].keys()
    assert "blip" in looking["caption"]


def test_a_single_picture_is_painted_with_its_depth(serve: Serve, png: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[InpaintRequest] = []
    paint_one = TeleaEngine.inpaint

    def watched(engine: TeleaEngine, canvas: RGB, mask: Mask, request: InpaintRequest, stop: Any) -> RGB:
        seen.append(request)
        return paint_one(engine, canvas, mask, request, stop)

    monkeypatch.setattr(TeleaEngine, "inpaint", watched)
    hole = np.zeros((HEIGHT, WIDTH), np.uint8)
    hole[:, 90:] = 255
    out = io.BytesIO()
    Image.fromarray(hole).save(out, "PNG")

    def sent(depth_engine: str) -> Any:
        files = {"picture": (io.BytesIO(png.read_bytes()), "p.png"), "mask": (io.BytesIO(out.getvalue()), "m.png")}
        return serve().ask("POST", "/inpaint", data=files | {"engine": "telea", "depth_engine": depth_engine})

    assert sent("").status_code == sent("prior").status_code == 200
    plain, deep = seen
    assert plain.depth is None
    assert deep.depth is not None
    assert (deep.depth.shape, deep.depth.dtype) == ((HEIGHT, WIDTH), np.float32)
    # what is hidden from the estimator is continued, not black
    assert deep.depth[-5:, 95:].mean() > 0.5
    assert sent("tarot").get_json()["code"] == "unknown_engine"


def test_from_the_command_line(png: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "depth.png"
    assert main(["depth", str(png), "-o", str(out), "--engine", "prior"]) == 0
    assert "only guessed (prior)" in capsys.readouterr().out
    assert opened(out.read_bytes()).size == (WIDTH, HEIGHT)
    assert main(["depth", str(png), "-o", str(tmp_path / "depth.jpg")]) == 2
    assert main(["depth", "nowhere.png", "-o", str(out)]) == 2
    assert main(["caption", str(png), "--engine", "nobody"]) == 2
    assert "nobody" in capsys.readouterr().err


@pytest.mark.usefixtures("talker")
def test_a_caption_from_the_command_line(png: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["caption", str(png), "--engine", "talker", "--exclude", "river", "--threshold", "0.2"]) == 0
    assert capsys.readouterr().out == "a painting of a with 0.2 boats\n"


def test_a_plan_by_an_engines_depth(png: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", str(png), "--depth-engine", "prior", "--steps", "2"]) == 0
    assert "only guessed (prior)" in capsys.readouterr().out


def test_unknown_settings_are_refused_by_the_client_too(listen: Callable[..., Client], png: Path) -> None:
    with pytest.raises(UsageError, match="tarot"):
        listen().depth(png.read_bytes(), Depth(engine="tarot"))

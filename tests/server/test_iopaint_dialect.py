"""IOPaint's dialect: what its answer keeps of the file that came in, its fields, its other routes."""

import base64
import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from infinite_parallax.inpaint_server.limits import Limits
from PIL import Image, ImageCms

from .conftest import TOKEN

Serve = Callable[..., Any]
Y, X = np.mgrid[0:36, 0:52]
PICTURE = np.stack([40 + 3 * X, 220 - 4 * Y, 30 + (X * Y) % 160], axis=2).astype(np.uint8)
MASK = np.zeros((36, 52), np.uint8)
MASK[10:20, 30:44] = 255


def b64(pixels: np.ndarray, kind: str = "PNG", **options: Any) -> str:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind, **options)
    return base64.b64encode(out.getvalue()).decode()


def ask(served: Any, method: str, path: str, **options: Any) -> Any:
    login = base64.b64encode(f"anyone:{TOKEN}".encode()).decode()
    headers = {"Authorization": f"Basic {login}"}
    return served.http.open(f"/api/v1/{path}", method=method, headers=headers, buffered=True, **options)


def paint(served: Any, **fields: Any) -> Any:
    return ask(served, "POST", "inpaint", json={"image": b64(PICTURE), "mask": b64(MASK)} | fields)


def image(answer: Any) -> Image.Image:
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert answer.mimetype == "image/png"
    return Image.open(io.BytesIO(answer.get_data()))


def test_it_paints_the_white_part_and_tells_the_seed(serve: Serve) -> None:
    served = serve()
    answer = paint(served, sd_seed=9, hd_strategy="Crop", ldm_sampler="plms", odd=None)
    painted = np.asarray(image(answer))
    np.testing.assert_array_equal(painted[MASK == 0], PICTURE[MASK == 0])
    assert (painted[MASK > 0] != PICTURE[MASK > 0]).any()
    assert answer.headers["X-Seed"] == "9"
    assert answer.headers["Access-Control-Expose-Headers"] == "X-Seed"
    assert paint(served, sd_seed=9).get_data() == answer.get_data()
    assert paint(served).headers["X-Seed"] == "42"
    drawn = {paint(served, sd_seed=-1).headers["X-Seed"] for _ in range(2)}
    assert len(drawn) == 2
    assert "-1" not in drawn


def test_our_own_form_at_the_same_address_goes_on(serve: Serve) -> None:
    served = serve()
    form = {name: (io.BytesIO(base64.b64decode(b64(p))), "p.png") for name, p in (("picture", PICTURE), ("mask", MASK))}
    answer = served.ask("POST", "/inpaint", data=form)
    assert answer.status_code == 200
    refused = served.ask("POST", "/inpaint", data={"engine": "brush"})
    assert refused.get_json()["code"] == "unknown_engine"


def test_transparency_exif_and_profile_are_kept(serve: Serve) -> None:
    rgba = np.dstack([PICTURE, (200 - 2 * X).astype(np.uint8)])
    exif = Image.Exif()
    exif[0x010E] = "a meadow"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    answer = image(paint(serve(), image=b64(rgba, exif=exif.tobytes(), icc_profile=profile)))
    pixels = np.asarray(answer)
    assert answer.mode == "RGBA"
    np.testing.assert_array_equal(pixels[..., 3], rgba[..., 3])
    np.testing.assert_array_equal(pixels[MASK == 0][:, :3], PICTURE[MASK == 0])
    assert answer.info["icc_profile"] == profile
    assert answer.getexif()[0x010E] == "a meadow"


def test_a_turned_picture_comes_back_upright(serve: Serve) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "a meadow"
    turned = b64(np.ascontiguousarray(np.rot90(PICTURE)), exif=exif.tobytes())
    answer = image(paint(serve(), image=turned))
    np.testing.assert_array_equal(np.asarray(answer)[MASK == 0], PICTURE[MASK == 0])
    assert 0x0112 not in answer.getexif()
    assert answer.getexif()[0x010E] == "a meadow"


def test_masks_are_white_above_127(serve: Serve) -> None:
    soft = np.where(MASK > 0, 128, 127).astype(np.uint8)
    painted = np.asarray(image(paint(serve(), mask="data:image/png;base64," + b64(soft))))
    np.testing.assert_array_equal(painted[MASK == 0], PICTURE[MASK == 0])
    assert (painted[MASK > 0] != PICTURE[MASK > 0]).any()


def test_only_the_croper_is_painted(serve: Serve) -> None:
    all_white = np.full_like(MASK, 255)
    crop = {"use_croper": True, "croper_x": 40, "croper_y": -4, "croper_width": 100, "croper_height": 12}
    mask = all_white.copy()
    mask[:, :44] = 0
    painted = np.asarray(image(paint(serve(), mask=b64(mask), **crop)))
    changed = (painted != PICTURE).any(axis=2)
    assert changed[:8, 44:].any()
    changed[:8, 44:] = False
    assert not changed.any()


def test_the_extender_paints_beyond_the_picture(serve: Serve) -> None:
    wider = {"use_extender": True, "extender_x": -8, "extender_y": 0, "extender_width": 72, "extender_height": 40}
    rgba = np.dstack([PICTURE, np.full_like(MASK, 200)])
    answer = np.asarray(image(paint(serve(), image=b64(rgba), mask=b64(MASK * 0), **wider)))
    assert answer.shape == (40, 72, 4)
    np.testing.assert_array_equal(answer[:36, 8:60, :3], PICTURE)
    assert (answer[36:, :, 3] == 255).all()
    assert answer[:, :8, :3].mean() > 20
    assert answer[36:, :, :3].mean() > 20


@pytest.mark.parametrize(
    ("fields", "status", "detail"),
    [
        ({"image": None}, 422, "image must be a picture"),
        ({"mask": "%%%"}, 422, "mask is not in base64"),
        ({"mask": b64(MASK[:20])}, 400, "Image size((36, 52)) and mask size((20, 52)) not match."),
        ({"sd_strength": 2}, 422, "sd_strength"),
        ({"use_croper": True, "croper_x": 500}, 422, "croper"),
        ({"use_extender": True, "extender_width": 99999}, 422, "fewer"),
    ],
)
def test_refusals_in_their_shape(serve: Serve, fields: dict[str, Any], status: int, detail: str) -> None:
    answer = paint(serve(), **fields)
    assert answer.status_code == status
    assert detail in answer.get_json()["detail"]


def test_who_has_no_token_is_refused_in_their_shape(serve: Serve) -> None:
    served = serve()
    refused = served.http.post("/api/v1/inpaint", json={})
    assert refused.status_code == 401
    assert refused.get_json()["detail"]
    assert refused.headers["WWW-Authenticate"].startswith("Basic")
    as_form = served.http.post("/api/v1/inpaint", data={})
    assert as_form.get_json()["code"] == "unauthorized"
    assert served.http.get("/api/v1/server-config").status_code == 401


def test_busy_is_said_with_when_to_come_back(serve: Serve) -> None:
    served = serve(limits=Limits(waiting=0, looking=1))
    with served.context.painting.turn(""), served.context.looking.turn(""):
        for answer in (
            paint(served),
            ask(served, "POST", "adjust_mask", json={"mask": b64(MASK), "operate": "expand"}),
        ):
            assert answer.status_code == 503
            assert answer.headers["Retry-After"]


def test_models_and_what_else_is_listed(serve: Serve) -> None:
    served = serve()
    config = ask(served, "GET", "server-config").get_json()
    names = [info["name"] for info in config["modelInfos"]]
    assert {"walk", "telea"} <= set(names)
    assert config["plugins"] == []
    assert "UniPC" in config["samplers"] == ask(served, "GET", "samplers").get_json()
    assert ask(served, "GET", "model").get_json()["name"] == "walk"
    first = paint(served).get_data()
    assert ask(served, "POST", "model", json={"name": "telea"}).get_json()["model_type"] == "inpaint"
    assert ask(served, "GET", "model").get_json()["name"] == "telea"
    assert paint(served).get_data() != first
    assert ask(served, "POST", "model", json={"name": "lama"}).status_code == 422
    assert ask(served, "GET", "inputimage").get_json()["detail"] == "Input image not found"


@pytest.mark.parametrize(
    ("operate", "inside", "outside"), [("expand", True, 4), ("shrink", False, -1), ("reverse", False, 9)]
)
def test_masks_are_adjusted(serve: Serve, operate: str, inside: bool, outside: int) -> None:
    answer = ask(serve(), "POST", "adjust_mask", json={"mask": b64(MASK), "operate": operate, "kernel_size": 4})
    strokes = np.asarray(image(answer))
    assert strokes.shape == (36, 52, 4)
    painted = strokes[..., 3] > 0
    assert set(map(tuple, strokes[painted])) == {(255, 203, 0, 186)}
    assert painted[10, 30] == inside
    assert painted[15, 29 - max(0, outside - 1)] == (outside > 0)


@pytest.mark.parametrize("fields", [{"operate": "melt"}, {"operate": "expand", "kernel_size": -1}, {"operate": None}])
def test_adjusting_in_ways_there_are_not(serve: Serve, fields: dict[str, Any]) -> None:
    assert ask(serve(), "POST", "adjust_mask", json={"mask": b64(MASK)} | fields).status_code == 422

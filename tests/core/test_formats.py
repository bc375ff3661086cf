"""Formats as plain data: sound that fits, names, moments and their shares; and how a picture fits another frame."""

from pathlib import Path

import numpy as np
import pytest
from infinite_parallax.shared import formats, frames, framing, scene
from infinite_parallax.shared.errors import UsageError
from infinite_parallax.shared.finishing import Output
from infinite_parallax.shared.formats import FORMATS, Export, moment
from infinite_parallax.shared.settings import declared


def test_every_format_that_can_be_chosen_is_known() -> None:
    choices = {d.name: d.limits.choices for d in declared(Output)}
    assert set(choices["format"]) == set(FORMATS)
    assert {codec for kind in FORMATS.values() for codec in kind.audio} == set(choices["audio"]) - {"auto", "none"}
    assert set(formats.AUDIO_ENCODERS) == set(choices["audio"]) - {"auto", "none"}


@pytest.mark.parametrize(
    ("wish", "audio"),
    [
        ({}, "aac"),
        ({"format": "webm"}, "opus"),
        ({"format": "prores"}, "pcm"),
        ({"format": "png"}, "none"),
        ({"format": "gif"}, "none"),
        ({"format": "av1", "audio": "opus"}, "opus"),
        ({"audio": "none"}, "none"),
    ],
)
def test_sound_that_the_container_takes(wish: dict[str, str], audio: str) -> None:
    assert formats.export(Output(**wish)).audio == audio


def test_sound_that_it_does_not_take_is_refused() -> None:
    with pytest.raises(UsageError, match=r"output\.audio is pcm, which WebM \(VP9\) cannot hold") as refusal:
        formats.export(Output(format="webm", audio="pcm"))
    assert "opus" in refusal.value.hint


def test_quality_ends_where_the_formats_scale_does() -> None:
    assert formats.export(Output(crf=60)).crf == 51
    assert formats.export(Output(crf=60, format="av1")).crf == 60


def test_a_name_must_end_as_the_format_does() -> None:
    formats.check_suffix(Path("a.MOV"), Export(20, None, 18, 192, "prores"))
    with pytest.raises(UsageError, match=r"a\.mp4 is not \.mov, as ProRes 422 HQ is"):
        formats.check_suffix(Path("a.mp4"), Export(20, None, 18, 192, "prores"))
    assert formats.numbered(Path("x/a.png"), 7) == Path("x/a_0007.png")


def test_a_frame_is_mixed_of_moments_that_sum_to_one() -> None:
    blur = Export(20, None, 18, 192, blending="motion_blur", samples=4, shutter=0.5)
    assert blur.weights() == ((0, 0.25), (0.125, 0.25), (0.25, 0.25), (0.375, 0.25))
    fade = Export(20, None, 18, 192, blending="cross_fade")
    assert sum(share for _, share in fade.weights()) == 1
    assert Export(20, None, 18, 192).weights() == ((0.0, 1.0),)


def test_moments_beyond_the_ends() -> None:
    assert [moment(n, d, 10, False) for n, d in ((0, -1), (9, 1), (9, 0.75), (5, 0.25))] == [0, 9, 9.75, 5.25]
    assert [moment(n, d, 10, True) for n, d in ((0, -1), (9, 1), (9, 0.75))] == [9, 0, 9.75]


def test_a_blended_frame_is_the_mean_of_its_moments() -> None:
    spec = scene.SceneSpec("s", 4, 2, 10, 10, (), (), Export(20, None, 18, 192, blending="cross_fade"))
    shown = frames.blended(spec, 3, lambda when: np.full((2, 4, 3), 20 * round(when), np.uint8))
    assert (shown == 60).all()
    first = frames.blended(spec, 0, lambda when: np.full((2, 4, 3), 20 * round(when), np.uint8))
    assert (first == 5).all()


@pytest.mark.parametrize(
    ("size", "window"),
    [((192, 192), (0, 42, 192, 150)), ((320, 108), (64, 0, 256, 108)), ((192, 108), None), ((96, 54), None)],
)
def test_a_letterbox_shows_the_whole_picture(size: tuple[int, int], window: tuple[int, int, int, int] | None) -> None:
    frame = framing.framing(Output(width=size[0], height=size[1], fit="letterbox"), 192, 108)
    assert frame.window == window
    assert frame.scale == min(size[0] / 192, size[1] / 108)
    crop = framing.framing(Output(width=size[0], height=size[1]), 192, 108)
    assert crop.window is None
    assert crop.scale == max(size[0] / 192, size[1] / 108)


def test_what_lies_outside_the_window_is_black() -> None:
    plane = scene.Plane("p", 0, 1, "p.png", 40, 40, 0, 10, 1.0, (scene.Key(0, -4, -4), scene.Key(10, -4, -4)))
    tile = frames.Texture.of(np.full((40, 40, 4), 200, np.uint8) | np.array([0, 0, 0, 255], np.uint8))
    spec = scene.SceneSpec("s", 24, 20, 10, 10, (plane,), (), Export(20, None, 18, 192), window=(0, 5, 24, 15))
    shown = frames.render(spec, 3, lambda _: tile)
    assert (shown[5:15] == 200).all()
    assert not shown[:5].any()
    assert not shown[15:].any()

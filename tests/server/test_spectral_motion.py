"""The backward warp against forward splatting, and motion found again in clips that were made by known motion."""

import numpy as np
import pytest
from infinite_parallax.inpaint_server import engines
from infinite_parallax.inpaint_server.motion import animation, extract, splat, transfer, warp
from infinite_parallax.shared.errors import Cancelled, UsageError
from infinite_parallax.shared.example_picture import paint
from infinite_parallax.shared.spectral import SpectralVolume, modes, procedural
from infinite_parallax.shared.spectral.volume import Swing

WIDTH, HEIGHT, FPS = 320, 180, 12.0


def lawn(rows: int = HEIGHT // 4, columns: int = WIDTH // 4) -> np.ndarray:
    mask = np.zeros((rows, columns), np.float32)
    mask[rows // 4 :] = 1
    return mask


def volume(**settings: object) -> SpectralVolume:
    return procedural.volume(lawn(), WIDTH, HEIGHT, "vegetation", **{"seed": 1, **settings})  # type: ignore[arg-type]


def psnr(a: np.ndarray, b: np.ndarray, where: np.ndarray) -> float:
    error = (a[where].astype(np.float64) - b[where]) ** 2
    return float(10 * np.log10(255**2 / error.mean()))


def whole(moved: np.ndarray) -> np.ndarray:
    import cv2

    return np.stack([cv2.resize(part, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR) for part in moved])


def test_the_warp_shows_what_splatting_shows() -> None:
    picture = warp.premultiplied(paint(WIDTH, HEIGHT))
    moved = Swing(volume()).at(0.7)
    thrown, landed = splat.splat(picture, whole(moved))
    assert landed.mean() > 0.98
    inner = landed.copy()
    inner[:8], inner[-8:], inner[:, :8], inner[:, -8:] = False, False, False, False
    back = warp.Warp(WIDTH, HEIGHT)(picture, moved)
    assert psnr(thrown, back, inner) > 36
    naive = warp.Warp(WIDTH, HEIGHT)
    assert psnr(thrown, back, inner) > psnr(thrown, naive(picture, -warp.inverted(-moved, WIDTH, HEIGHT)), inner)


def test_an_inverse_undoes_the_displacement() -> None:
    moved = Swing(volume()).at(2.1)
    back = warp.inverted(moved, WIDTH, HEIGHT, rounds=12)
    again = warp.inverted(-back, WIDTH, HEIGHT, rounds=12)
    off = np.abs(-again - moved)[:, 4:-4, 4:-4]
    assert off.mean() < 0.05
    assert np.abs(moved).max() > 2


def test_a_still_volume_leaves_every_pixel() -> None:
    picture = warp.premultiplied(paint(WIDTH, HEIGHT))
    still = np.zeros((2, 45, 80), np.float32)
    np.testing.assert_array_equal(warp.Warp(WIDTH, HEIGHT)(picture, still), picture)


def test_rims_bring_no_foreign_colour() -> None:
    layer = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    layer[60:] = (40, 200, 60, 255)
    layer[:60, :, :3] = (255, 0, 255)  # what stands where nothing is
    seen = warp.Warp(WIDTH, HEIGHT)(warp.premultiplied(layer), Swing(volume()).at(1.3))
    laid = warp.over(np.full((HEIGHT, WIDTH, 3), (40, 200, 60), np.uint8), seen)
    assert np.abs(laid.astype(int) - (40, 200, 60)).max() <= 2


def test_a_soft_layer_at_rest_is_the_picture_and_does_not_glow() -> None:
    import cv2

    picture = paint(WIDTH, HEIGHT)
    share = cv2.GaussianBlur((np.random.default_rng(2).random((HEIGHT, WIDTH)) > 0.1).astype(np.float32), (0, 0), 1.0)
    share[:, : WIDTH // 2] = 0
    bright = np.full_like(picture, 250)
    layer, behind = animation.taken_apart(picture, np.rint(share * 255).astype(np.uint8), bright)
    seen = warp.over(behind, layer)
    there = share > 0.51
    assert np.abs(seen[there].astype(int) - picture[there]).max() <= 1
    assert (behind[share < 0.49] == bright[share < 0.49]).all(), "what was painted stays"
    still = animation.Animation(picture, volume(gain=0.0), share, bright).frame(1.0)
    np.testing.assert_array_equal(still, seen)


def test_behind_what_moves_only_it_is_painted_away() -> None:
    """Green leaves before a blue sky, and a dark bird in a hole of their mask, which has missed a twig."""
    import cv2

    random = np.random.default_rng(5)
    picture = np.full((HEIGHT, WIDTH, 3), (70, 110, 190), np.uint8)
    picture[60:] = (40, 110, 50)
    picture[84:96, 150:160] = (70, 60, 190)
    picture[50:60, 40:44] = (40, 110, 50)
    picture = np.clip(picture + random.integers(-6, 7, picture.shape), 0, 255).astype(np.uint8)
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    mask[60:] = 1
    mask[78:102, 144:166] = 0
    share = cv2.GaussianBlur(mask, (0, 0), 2)
    found = animation.missed(picture, share, 10)
    assert found[51:57, 40:44].mean() > 0.9
    assert not found[84:96, 150:160].any()
    assert found[50:58, 80:].mean() < 0.02
    far = animation.behind(picture, share, 10, engines.load("walk"))
    np.testing.assert_array_equal(far[87:93, 153:157], picture[87:93, 153:157])
    np.testing.assert_array_equal(far[:45], picture[:45])
    assert np.abs(far[75:, :130].astype(int) - (40, 110, 50)).mean() > 10
    still = animation.Animation(picture, volume(gain=0.0), share, far).frame(1.0)
    assert np.abs(still[86:94, 152:158].astype(int) - picture[86:94, 152:158]).max() <= 2


def clip(moving: SpectralVolume, frames: int) -> list[np.ndarray]:
    picture, swing, lens = warp.premultiplied(paint(WIDTH, HEIGHT, seed=2)), Swing(moving), warp.Warp(WIDTH, HEIGHT)
    random = np.random.default_rng(0)
    rest = swing.at(0)
    return [
        np.clip(lens(picture, swing.at(i / FPS) - rest)[..., :3] + random.normal(0, 1.5, (HEIGHT, WIDTH, 3)), 0, 255)
        .round()
        .astype(np.uint8)
        for i in range(frames)
    ]


def resonating() -> SpectralVolume:
    fields = np.zeros((16, 2, HEIGHT // 4, WIDTH // 4), np.complex64)
    height = np.linspace(1, 0, HEIGHT // 4, dtype=np.float32)[:, None]
    fields[3, 0], fields[8, 0] = 8 * height**1.5, 4 * np.sin(1.5 * np.pi * height)
    return SpectralVolume(fields, WIDTH, HEIGHT)


def test_known_resonances_are_found_in_a_clip() -> None:
    found = extract.extract(clip(resonating(), 60), FPS)
    assert found.volume.period_s == pytest.approx(5)
    best = modes.modes(found.volume, found.confidence, 2)
    assert [round(mode.frequency_hz, 2) for mode in best] == [0.8, 1.8]
    truth = resonating().fields[3]
    same = np.abs(np.vdot(found.volume.fields[3], truth)) / (
        np.linalg.norm(found.volume.fields[3]) * np.linalg.norm(truth)
    )
    assert same > 0.95


def test_what_only_drifts_is_told_apart() -> None:
    slope = np.array([0.5, -0.25], np.float32)[None, :, None, None]
    n = np.arange(20, dtype=np.float32)[:, None, None, None]
    swing = 3 * np.cos(2 * np.pi * 2 * (n - 9.5) / 20)  # even about the middle, so no line is hidden in it
    moved = np.broadcast_to(slope * n + swing, (20, 2, 3, 4)).astype(np.float32)
    fields, found = extract.transformed(moved, 6)
    np.testing.assert_allclose(found, np.broadcast_to(slope[0], (2, 3, 4)), atol=0.02)
    np.testing.assert_allclose(np.abs(fields[1]), 3, rtol=0.02)
    assert np.abs(fields[[0, 2, 3, 4, 5]]).max() < 0.3


@pytest.mark.parametrize(
    ("frames", "fps", "reference", "sentence"),
    [
        (3, 12.0, 0, "has 3 frames"),
        (9, 0.0, 0, "0 frames per second"),
        (9, float("nan"), 0, "frames per second"),
        (9, 12.0, 9, "no frame 9"),
    ],
)
def test_clips_that_hold_no_motion_are_refused(frames: int, fps: float, reference: int, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        extract.extract([np.zeros((8, 8, 3), np.uint8)] * frames, fps, reference=reference)


def test_frames_of_two_sizes_are_refused_and_a_wish_to_stop_is_heard() -> None:
    frames = [np.zeros((16, 16, 3), np.uint8)] * 8
    with pytest.raises(UsageError, match="differ in size"):
        extract.extract([*frames, np.zeros((8, 16, 3), np.uint8)], 12.0)
    with pytest.raises(Cancelled):
        extract.extract(frames, 12.0, cancelled=lambda: True)


def test_motion_moves_to_a_picture_of_another_size() -> None:
    larger = transfer.same_framing(resonating(), 2 * WIDTH, 3 * HEIGHT)
    assert np.abs(larger.fields[3, 0]).max() == pytest.approx(16)
    assert (larger.width, larger.height) == (640, 540)


def test_motion_moves_from_box_to_box() -> None:
    mask = np.ones((50, 100), np.float32)
    moved = transfer.box_to_box(resonating(), (0, 0, 320, 180), (100, 50, 260, 140), mask, 400, 200)
    strength = moved.rms_px()
    assert strength[:, :24].max() == 0
    assert strength[36:].max() == 0
    assert np.abs(moved.fields[3, 0]).max() == pytest.approx(4, rel=0.05)  # half as large, half as far
    with pytest.raises(UsageError, match="does not lie in the picture"):
        transfer.box_to_box(resonating(), (0, 0, 320, 180), (300, 50, 500, 140), mask, 400, 200)


def test_statistics_carry_strength_and_direction_over() -> None:
    ones = np.ones((HEIGHT // 4, WIDTH // 4), np.float32)
    onto = volume(seed=5)
    moved = transfer.by_statistics(resonating(), ones, onto)
    strength = np.sqrt((np.abs(moved.fields) ** 2).sum((2, 3)))
    assert list(np.argsort(-strength[:, 0])[:2]) == [3, 8]
    assert strength[:, 1].max() < 1e-6
    with pytest.raises(UsageError, match="no texture"):
        transfer.by_statistics(resonating(), 0 * ones, onto)

"""Spectral volumes: the transform against the plain sum, exact loops, the fold guard, modes, and what a mask holds."""

import numpy as np
import pytest
from infinite_parallax.shared import poking
from infinite_parallax.shared.errors import UsageError
from infinite_parallax.shared.spectral import SpectralVolume, drift, folding, modes, procedural
from infinite_parallax.shared.spectral.fields import gaussian, noise
from infinite_parallax.shared.spectral.volume import Swing, from_bytes, to_bytes

ROWS, COLUMNS = 36, 64
WIDTH, HEIGHT = 640, 360


def lawn() -> np.ndarray:
    mask = np.zeros((ROWS, COLUMNS), np.float32)
    mask[12:] = 1
    return mask


def made(preset: str = "vegetation", **settings: object) -> SpectralVolume:
    return procedural.volume(lawn(), WIDTH, HEIGHT, preset, **{"seed": 3, **settings})  # type: ignore[arg-type]


def test_the_transform_is_the_plain_sum() -> None:
    volume = made()
    t = 1.234
    plain = sum(
        (field * np.exp(2j * np.pi * (j + 1) * t / volume.period_s)).real for j, field in enumerate(volume.fields)
    )
    np.testing.assert_allclose(Swing(volume).at(t), plain, atol=1e-4)


@pytest.mark.parametrize("preset", procedural.MATERIALS)
def test_motion_loops_exactly(preset: str) -> None:
    swing = Swing(made(preset))
    np.testing.assert_array_equal(swing.at(0), swing.at(5.0))
    np.testing.assert_array_equal(swing.at(0), swing.at(15.0))
    assert np.abs(swing.at(0) - swing.at(1.1)).max() > 0.5


def test_many_frames_at_once_are_the_single_ones() -> None:
    swing = Swing(made("water"))
    times = [0.0, 0.3, 4.9]
    np.testing.assert_allclose(swing.frames(times), np.stack([swing.at(t) for t in times]), atol=1e-4)


def test_motion_goes_as_far_as_declared_and_less_where_the_mask_is_grey() -> None:
    grey = lawn()
    grey[:, COLUMNS // 2 :] *= 0.6
    half = procedural.volume(grey, WIDTH, HEIGHT, "air", gain=2.0, seed=3).rms_px()
    whole = made("air", gain=2.0).rms_px()
    assert whole[12:].mean() == pytest.approx(2 * 3 * WIDTH / 1000, rel=0.02)
    np.testing.assert_allclose(half[12:, :24], whole[12:, :24], rtol=0.02)
    np.testing.assert_allclose(half[12:, 40:], 0.6 * whole[12:, 40:], rtol=0.02)


def test_a_layers_rim_does_not_fold() -> None:
    """The mask's border is a step; the motion goes on beyond it."""
    for preset in procedural.MATERIALS:
        assert folding.least_stretch(made(preset)) > 0.2, preset


def test_nothing_moves_where_there_is_nothing() -> None:
    empty = procedural.volume(np.zeros((ROWS, COLUMNS), np.float32), WIDTH, HEIGHT)
    assert not empty.fields.any()


def test_plants_are_held_at_their_foot_and_cloth_at_its_top() -> None:
    plants, cloth = made("vegetation").rms_px(), made("cloth").rms_px()
    assert plants[-1].mean() < 0.05 * plants[14].mean()
    assert cloth[13].mean() < 0.2 * cloth[-1].mean()


def test_the_spectrum_falls_as_measured() -> None:
    f = np.array([0.4, 0.5, 3.0, 6.0])
    still = procedural.MATERIALS["water"]
    a = procedural.spectrum(f, still)
    assert np.log(a[1] / a[0]) / np.log(f[1] / f[0]) == pytest.approx(-0.51, abs=0.01)
    assert np.log(a[3] / a[2]) / np.log(2) == pytest.approx(-1.43, abs=0.01)
    all_of_them = procedural.spectrum(np.arange(1, 17) / 5, still)
    assert (all_of_them**2).sum() / 2 == pytest.approx(1)


def test_the_wind_turns_the_motion() -> None:
    def share_of_x(wind: float) -> float:
        energy = (np.abs(made("vegetation", wind_deg=wind).fields) ** 2).sum((0, 2, 3))
        return float(energy[0] / energy.sum())

    assert share_of_x(0) > 0.8
    assert share_of_x(90) < 0.2


def test_gusts_run_with_the_wind() -> None:
    """At the frequency's own speed the phase falls downwind: the wave that is here now is further along later."""
    x = np.arange(COLUMNS) * WIDTH / COLUMNS
    rows = [np.unwrap(np.angle(made("cloth", seed=seed).fields[2, 0, 30])) for seed in range(20)]
    slope = np.mean([np.polyfit(x, phase, 1)[0] for phase in rows])
    assert slope == pytest.approx(-2 * np.pi * 0.6 / (0.5 * WIDTH), rel=0.15)


def test_a_periodic_plate_goes_on_at_its_other_end() -> None:
    mask = np.ones((ROWS, COLUMNS), np.float32)
    volume = procedural.volume(mask, WIDTH, HEIGHT, "air", seed=1, periodic=True)
    step = np.abs(np.diff(volume.fields[:, 0, 10], axis=1)).max()
    assert np.abs(volume.fields[:, 0, 10, 0] - volume.fields[:, 0, 10, -1]).max() < 1.5 * step


def test_same_seed_same_motion_and_another_seed_another() -> None:
    np.testing.assert_array_equal(made().fields, made().fields)
    assert np.abs(made().fields - made(seed=4).fields).max() > 0.1


def test_the_guard_lowers_the_gain_just_so_far_that_nothing_folds() -> None:
    wild = made("vegetation", gain=8.0)
    assert folding.least_stretch(wild) < 0
    tame, gain = folding.guarded(wild)
    assert 0 < gain < 1
    assert folding.least_stretch(tame) == pytest.approx(folding.LEAST_STRETCH, abs=1e-3)
    calm = made("vegetation", gain=0.2)
    assert folding.guarded(calm) == (calm, 1.0)


def two_resonances() -> SpectralVolume:
    fields = np.zeros((16, 2, ROWS, COLUMNS), np.complex64)
    height = ((ROWS - np.arange(ROWS)) / ROWS)[:, None].astype(np.float32)
    fields[3, 0], fields[8, 0] = 2 * height**1.5, np.sin(1.5 * np.pi * height)
    return SpectralVolume(fields, WIDTH, HEIGHT)


def test_modes_are_the_peaks_of_the_power() -> None:
    found = modes.modes(two_resonances())
    assert [round(mode.frequency_hz, 3) for mode in found] == [0.8, 1.8]
    assert modes.power(two_resonances()).sum() == pytest.approx(1)
    assert np.abs(found[0].shape).max() == pytest.approx(1)


def rung(*hits: poking.Hit, damping: float = 0.1, loop: bool = False) -> poking.Ringing:
    found = poking.rung(modes.modes(two_resonances()), hits, damping, 30.0, 300, loop)
    assert found is not None
    return found


def test_a_poke_moves_its_place_rings_and_dies_away() -> None:
    ringing, shapes = rung((30.0, (30.0, 0.0), None)), modes.modes(two_resonances())
    assert not ringing.moved(shapes, 29.9).any()
    assert ringing.moved(shapes, 30)[0].max() == pytest.approx(30, rel=1e-3)
    q = np.abs(ringing.at(60) / ringing.at(30))
    np.testing.assert_allclose(q, np.exp(-0.1 * 2 * np.pi * np.array([0.8, 1.8])), rtol=1e-6)
    assert ringing.peaks == pytest.approx(np.abs(ringing.at(30)))
    strong, weak = (np.abs(rung((0.0, (30.0, 0.0), (row, 32))).at(0)) for row in (0, ROWS - 2))
    assert weak.max() < 0.3 * strong.max(), "who pushes at the root moves little"


def test_in_a_loop_a_poke_rings_on_at_the_beginning() -> None:
    once, again = (rung((290.0, (30.0, 0.0), None), damping=0.02, loop=loop) for loop in (False, True))
    rounds = sum(rung((290.0 - 300 * k, (30.0, 0.0), None), damping=0.02).at(40) for k in range(1, 60))
    np.testing.assert_allclose(again.at(40), rounds, rtol=1e-6)
    np.testing.assert_allclose(again.at(0), again.at(300), rtol=1e-9)
    assert not once.at(40).any()


def test_pokes_and_swinging_share_what_may_fall() -> None:
    shapes = modes.modes(made())
    falls = [float(modes.falls(mode, (WIDTH / COLUMNS, HEIGHT / ROWS)).max()) for mode in shapes]
    strong, weak = (poking.rung(shapes, [(30.0, (px, 0.0), None)], 0.1, 30.0, 300, False) for px in (900.0, 1.0))
    assert strong is not None
    assert weak is not None
    wild, left = poking.within(strong, falls, 1.0)
    assert 0 < wild.lowered < 1
    assert left == pytest.approx(0.5)
    tame, rest = poking.within(weak, falls, 0.4)
    assert tame.lowered == 1
    assert 0.9 < rest < 1


def test_damping_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match="damping is 1"):
        modes.rates([1.0], 1)


def test_drift_fades_between_two_pictures_and_the_one_that_jumps_is_not_seen() -> None:
    for t in np.linspace(0, 8, 50):
        both = drift.phases(float(t), 4.0)
        assert sum(phase.weight for phase in both) == pytest.approx(1)
        assert all(abs(phase.drifted_s) <= 2 for phase in both)
    just_before, just_after = drift.phases(4 - 1e-9, 4.0), drift.phases(4.0, 4.0)
    assert just_before[0].weight < 1e-9
    assert just_after[0].weight < 1e-9
    assert just_before[1].drifted_s == pytest.approx(just_after[1].drifted_s, abs=1e-6)


def test_a_file_gives_the_volume_back() -> None:
    volume = made()
    again = from_bytes(to_bytes(volume))
    assert to_bytes(volume) == to_bytes(made())
    assert (again.width, again.height, again.period_s) == (WIDTH, HEIGHT, 5.0)
    assert np.abs(again.fields - volume.fields).max() < 2e-3 * np.abs(volume.fields).max()


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 nonsense", b"\x93NUMPY", to_bytes(made())[:-200]])
def test_other_files_are_refused(data: bytes) -> None:
    with pytest.raises(UsageError, match="no spectral volume"):
        from_bytes(data)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"preset": "lava"}, "no motion 'lava'"),
        ({"gain": -1.0}, "gain is -1"),
        ({"gain": float("nan")}, "gain is nan"),
        ({"correlation": 0.0}, "correlation 0"),
    ],
)
def test_wrong_wishes_are_refused(settings: dict[str, object], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        made(**settings)


def test_fields_of_another_kind_are_refused() -> None:
    with pytest.raises(UsageError, match="must be complex64"):
        SpectralVolume(np.zeros((2, 2, 4, 4), np.complex128), 8, 8)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="repeats after 0 s"):
        SpectralVolume(np.zeros((2, 2, 4, 4), np.complex64), 8, 8, 0.0)


def test_noise_has_its_length_and_a_blur_keeps_the_mean() -> None:
    field = noise(np.random.default_rng(0), 200, 300, 6, 12)
    assert field.std() == pytest.approx(1, abs=1e-5)
    lag = (field[:, :-12] * field[:, 12:]).mean()
    assert lag == pytest.approx(np.exp(-0.25), abs=0.08)
    flat = gaussian(np.full((20, 30), 0.7, np.float32), 3, 40)
    np.testing.assert_allclose(flat, 0.7, atol=1e-6)

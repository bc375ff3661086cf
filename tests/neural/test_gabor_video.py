"""Wavelets fitted to a video: calm from frame to frame, and no key frame is seen."""

import itertools

import numpy as np
from infinite_parallax.inpaint_server.gabor import schedule
from infinite_parallax.inpaint_server.gabor.schedule import Course


def slid(by: float) -> np.ndarray:
    y, x = np.mgrid[0:48, 0:64].astype(float)
    waves = 120 + 60 * np.sin((x - by) / 6)[..., None] * np.cos(y / 9)[..., None] * [1.0, 0.7, 0.4]
    bump = 50 * np.exp(-((x - 32 - by) ** 2 + (y - 20) ** 2) / 60)
    return np.rint(waves + bump[..., None]).astype(np.uint8)


def test_a_video_flickers_less_than_a_fifth_of_single_fits_and_key_frames_are_not_seen() -> None:
    frames = [slid(0.5 * n) for n in range(7)]
    course = Course(wavelets=24, iterations=16, iter_multiple=0.5, rescales=1, keyframes=3)
    fit = schedule.fit_picture(frames[0], course)
    calm = [fit.drawn().numpy()]
    for number, frame in enumerate(frames[1:], 1):
        calm.append(schedule.fit_frame(fit, frame, course, number=number).drawn().numpy())
    single = [
        schedule.fit_picture(f, Course(wavelets=24, iterations=16, iter_multiple=0.5, rescales=1, seed=n))
        .drawn()
        .numpy()
        for n, f in enumerate(frames)
    ]
    true = [schedule.as_target(frame).numpy() for frame in frames]

    def flicker(shown: list[np.ndarray]) -> np.ndarray:
        """Change of the error from frame to frame: what is seen beside the true motion."""
        off = [a - b for a, b in zip(shown, true, strict=True)]
        return np.array([((b - a) ** 2).mean() for a, b in itertools.pairwise(off)])

    assert flicker(single).mean() > 5 * flicker(calm).mean()
    assert flicker(calm)[[2, 5]].max() < 3 * np.median(flicker(calm))

"""Upright steps: places where a plate changes colour along a column and its source nowhere does.

A picture that goes on elsewhere with a hard join shows a step that stands upright, and nothing else does: skylines,
shores and clouds lean or lie. So the mean colours left and right of every column are compared, block of rows by block
of rows, which texture hardly changes. A trunk and a tower are upright too, but copies: whatever stands in the source
as well, plain or mirrored, a little higher or lower, is passed over, and so is what is no newer than everything else
that an engine paints. Looking for edges alone was the other road; it
finds the trunks.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

RGB = NDArray[np.uint8]
F32 = NDArray[np.float32]
COLUMNS = 400  # in which the source's width is looked at
SIDE, GAP = 4, 1  # columns of a mean on either side, and between it and the middle
BLOCK, STRIDE = 12, 6  # rows of a block, and between two blocks
WINDOWS = ((-9, 3), (-6, 6), (-3, 9))  # columns round a step, one of which the source has to show
SLACK = 24  # rows by which a copy may lie higher or lower
BLUR = 1.2  # so that a copy is known between two columns
TEXTURE = 12.0  # grey levels of texture that hide a step of the same size by a third
FAINT, UNSEEN = 4.0, 3.0  # grey levels: smaller steps are not looked at, and so much of each is not seen
MOST = 48  # steps that are looked for in the source
SAMPLES, DOUBT = 17, 1.5  # blocks that tell how new all is, and how much more than usual a step has to be
TOGETHER = 20  # columns in which a seam wanders
TALL = 0.1  # of the source's width: the height that a step is spread over


def upright_step(source: RGB, shown: RGB, head: RGB | None = None) -> float:
    """The worst upright step of `shown` RGB uint8 [h, n, 3], which goes on where `source` [h, W, 3] ends: grey levels
    over as many rows as a tenth of W.

    `head` are the source's last columns as the plate has them, through which the first seam may be cut; without them
    nothing is said about the first seam.
    """
    width = source.shape[1]
    scale = max(1, round(width / COLUMNS))
    changed = 0 if head is None else head.shape[1]
    plate = [source[:, : width - changed], *([] if head is None else [head]), shown]
    small = _shrunk(np.concatenate(plate, axis=1), scale)
    known = _shrunk(source, scale)
    own = known.shape[1]
    if small.shape[0] < 2 or small.shape[1] < own + 2 * (SIDE + GAP):
        return 0.0
    rows = range(0, max(1, small.shape[0] - BLOCK + 1), STRIDE)
    apart, seen = (np.stack(part) for part in zip(*(_steps(small[y : y + BLOCK]) for y in rows), strict=True))
    seen[:, : own - changed // scale if changed else own + SIDE + GAP] = 0
    highest = cv2.dilate(seen, np.ones((1, 2 * SIDE + 1), np.uint8))
    found = np.argwhere((seen >= highest) & (seen > FAINT))
    found = found[np.argsort(-seen[found[:, 0], found[:, 1]], kind="stable")][:MOST]
    soft, known = (np.asarray(cv2.GaussianBlur(one, (0, 0), BLUR), np.float32) for one in (small, known))
    total = np.zeros(small.shape[1] + TOGETHER)
    usual = _usual(soft, known, rows, own) if len(found) else 0.0
    for block, column in found.tolist():
        unlike, rough = _unlike(soft, known, rows[block], column)
        new = np.sqrt(max(0.0, unlike**2 - (usual * rough) ** 2)) / (apart[block, column] / 2)
        total[column] += max(0.0, float(seen[block, column]) * min(1.0, new) - UNSEEN)
    summed = np.cumsum(np.concatenate([[0.0], total]))
    worst = float((summed[TOGETHER:] - summed[:-TOGETHER]).max())
    return float(worst * min(STRIDE, small.shape[0]) * scale / (TALL * width))


def _shrunk(picture: RGB, scale: int) -> F32:
    size = picture.shape[1] // scale, max(1, picture.shape[0] // scale)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)


def _steps(block: F32) -> tuple[F32, F32]:
    """How far the means left and right of every column of `block` [rows, n, 3] are apart, grey levels [n], and how
    much of that texture lets be seen [n]."""
    mean = block.mean(axis=0)
    wide = cv2.blur(mean[None], (SIDE, 1), anchor=(0, 0), borderType=cv2.BORDER_REPLICATE)[0]  # of columns x..x + SIDE
    apart = np.zeros(len(mean), np.float32)
    first, last = SIDE + GAP, len(mean) - SIDE - GAP
    step = wide[first + GAP : last + GAP] - wide[first - SIDE - GAP : last - SIDE - GAP]
    apart[first:last] = np.sqrt((step**2).mean(axis=1))
    rough = cv2.blur((block - mean[None]) ** 2, (2 * (SIDE + GAP) + 1, 1)).mean(axis=(0, 2))
    return apart, np.asarray(apart / np.sqrt(1 + rough / TEXTURE**2), np.float32)


def _usual(soft: F32, known: F32, rows: range, own: int) -> float:
    """How unlike anything known a block of `soft` behind column `own` is anyhow, as a share of its own roughness:
    little where all are copies, much where an engine paints what is new."""
    columns = np.linspace(own + WINDOWS[-1][1], soft.shape[1] - WINDOWS[-1][1], SAMPLES).astype(int).tolist()
    found = [_unlike(soft, known, rows[i * len(rows) // SAMPLES], column) for i, column in enumerate(columns)]
    return DOUBT * float(np.median([unlike / max(rough, 1.0) for unlike, rough in found]))


def _unlike(soft: F32, known: F32, y: int, column: int) -> tuple[float, float]:
    """How little the block of `soft` [h, n, 3] at row `y` round `column` is found in `known` [h, W, 3]: rms grey levels
    at the best place, whatever the light; and how rough the block is, the same at an even place."""
    top, bottom = max(0, y - SLACK), min(len(soft), y + BLOCK + SLACK)
    area = np.ascontiguousarray(known[top:bottom])
    least, rough = np.inf, 0.0
    for first, last in WINDOWS:
        wanted = np.ascontiguousarray(soft[y : y + BLOCK, max(0, column + first) : column + last])
        if wanted.shape[1] > known.shape[1]:
            continue
        mean = wanted.mean(axis=(0, 1))
        rough = max(rough, float(((wanted - mean) ** 2).mean()))
        for one in (wanted, np.ascontiguousarray(wanted[:, ::-1])):
            squares = cv2.matchTemplate(area, one, cv2.TM_SQDIFF) / one[..., 0].size
            means = cv2.blur(area, (one.shape[1], one.shape[0]), anchor=(0, 0))[: len(squares), : squares.shape[1]]
            least = min(least, float((squares - ((means - mean) ** 2).sum(axis=2)).min()))
    return float(np.sqrt(max(0.0, least) / 3)), float(np.sqrt(rough))

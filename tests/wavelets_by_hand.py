"""Wavelets for made plates, without torch: by chance, cell by cell, in the files that `gabor plates` writes; and the
formula of the format written out plainly."""

import json
from pathlib import Path

import numpy as np
from infinite_parallax.shared import plates
from infinite_parallax.shared.gabor import patchwork
from infinite_parallax.shared.gabor.patchwork import Patchwork
from infinite_parallax.shared.gabor.wavelets import Wavelets, to_text
from infinite_parallax.shared.shimmering import groups

COUNT = 12


def some(count: int, seed: int) -> Wavelets:
    """Waves of a few px to tens of px, strong enough to be seen."""
    random = np.random.default_rng(seed)
    low = [-1, -1, 0, 0.1, 0.1, -2.0, *[-0.5] * 3, *[0.05] * 3]
    high = [1, 1, 0.5, 0.5, 0.5, -0.7, *[0.5] * 3, *[0.2] * 3]
    return Wavelets(random.uniform(low, high, (count, 12)))


def plainly(wavelets: Wavelets, width: int, height: int) -> np.ndarray:
    """The formula of the file as others draw it, every wavelet over the whole picture: [3, height, width]."""
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    out = np.zeros((3, height, width))
    for u, v, theta, sigma, gamma, log_wavelength, *rest in wavelets.limited.rows:
        cos, sin = np.cos(2 * np.pi * theta), np.sin(2 * np.pi * theta)
        across, along = (x - u) * cos + (y - v) * sin, -(x - u) * sin + (y - v) * cos
        bell = np.exp(-(across**2) / (2 * sigma**2) - along**2 / (2 * gamma**2))
        for c in range(3):
            wave = np.cos(2 * np.pi / np.exp(log_wavelength) * across + 2 * np.pi * rest[c])
            out[c] += rest[3 + c] * bell * wave
    return out


def lay(folder: Path, digest: str = "by hand") -> None:
    """Give every plate and object of a folder wavelets."""
    manifest = plates.load(folder)
    tiles = {tile.file: tile for tile in manifest.files}
    (folder / patchwork.FOLDER).mkdir(exist_ok=True)
    for name, (layer, files) in groups(manifest).items():
        own = [tiles[file] for file in files]
        left, top = min(t.x for t in own), min(t.y for t in own)
        size = max(t.x + t.width for t in own) - left, max(t.y + t.height for t in own) - top
        cells = []
        for number, cell in enumerate(patchwork.cells(left, top, *size)):
            file = f"{name}_{patchwork.key(digest)[:8]}_{number:03d}.txt"
            (folder / patchwork.FOLDER / file).write_text(to_text(some(COUNT, 10 * layer + number)), encoding="utf-8")
            cells.append(patchwork.Cell(cell.x, cell.y, cell.width, cell.height, cell.soft, file))
        path = patchwork.index_of(folder, name)
        path.write_text(json.dumps(Patchwork(patchwork.key(digest), tuple(cells)).to_json()), encoding="utf-8")

"""The route by which wavelets are fitted to a cell of a plate while the client waits, for layers that shimmer.

A cell takes seconds, so the client hears of progress between two of them and may stop there, and nothing has to be
kept here. A job of its own, with events, was the other road; the plates lie with the client, which may have them from
elsewhere.
"""

import numpy as np
from flask import Blueprint, Response

from ...shared import project as projects
from ...shared import settings
from ...shared.errors import UsageError
from ...shared.gabor.plate_fitting import CellWish
from ...shared.wire import API
from .. import wavelet_fits
from ..context import context
from ..pictures import decode_image
from . import received

routes = Blueprint("wavelets", __name__, url_prefix=API)


@routes.post("/wavelets")
def fit() -> Response:
    """The wavelets of a cell as text, one a line; no line where nothing is seen of it."""
    wavelet_fits.check_torch()
    from ..gabor.cells import fit_cell

    parts = context()
    wish = settings.read(CellWish, projects.parse(received.form_text("cell"), "cell"), "cell")
    if not wish.tiles:
        raise UsageError("cell.tiles is empty.", "Give the place of each tile, and its picture as tile.0, tile.1, …")
    sent = [received.file(f"tile.{number}") for number in range(len(wish.tiles))]
    with parts.painting.turn(received.PAINTING):
        tiles = [np.asarray(decode_image(data, parts.limits).convert("RGBA")) for data in sent]
        device = wavelet_fits.device_of("auto")
        text = fit_cell(tiles, wish, lambda: parts.worker.stopping, device)
    return Response(text, mimetype="text/plain")

"""A depth map from one of transformers' models, whichever engine names it.

MiDaS, DPT and Depth Anything differ in their networks, and not in how they are asked: a picture in, relative
disparity out. Metric models give metres; their inverse is taken. One engine with a list of models was the other road;
then nobody could see from a project what it was cut with.

R. Ranftl, A. Bochkovskiy, V. Koltun, Vision Transformers for Dense Prediction, ICCV 2021; L. Yang et al., Depth
Anything V2, NeurIPS 2024.
"""

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ...shared.errors import Cancelled
from .contract import RGB
from .looking import Cancelled as IsCancelled
from .looking import Disparity, Look
from .transformers_models import Loaded

OUTLIERS = 0.001
"""Share of the pixels at either end that count as 0 or 1: one glint must not squeeze the whole picture together."""
MOST_OBLONG = 16
"""A longer strip has edge pixels repeated below or beside it: made small for a model it would have no rows at all."""


class TransformersDepth:
    """A depth engine with a model of transformers, `default` unless the settings name another."""

    def __init__(self, name: str, default: str) -> None:
        self.name = name
        self._loaded = Loaded(default, "AutoImageProcessor", "AutoModelForDepthEstimation")

    def depth(self, picture: RGB, look: Look, cancelled: IsCancelled) -> Disparity:
        """See `DepthEngine.depth`."""
        import torch

        processor, model = self._loaded.get(str(look.options.get("model", "")), look.tell, cancelled)
        height, width = picture.shape[:2]
        least = max(height, width) // MOST_OBLONG
        shown = np.pad(picture, ((0, max(0, least - height)), (0, max(0, least - width)), (0, 0)), mode="edge")
        inputs = processor(images=Image.fromarray(shown), return_tensors="pt").to(model.device)
        with torch.inference_mode():
            found = model(**inputs).predicted_depth[0].float().cpu().numpy()
        if cancelled():
            raise Cancelled
        if getattr(model.config, "depth_estimation_type", "relative") == "metric":
            found = 1 / np.maximum(found, 1e-3)
        large = cv2.resize(found, (shown.shape[1], shown.shape[0]), interpolation=cv2.INTER_CUBIC)
        return normalised(large[:height, :width])


def normalised(values: NDArray[np.float32]) -> Disparity:
    """Any disparity [H, W] as float32 from 0, the farthest, to 1; all 0 where everything is equally near."""
    values = np.nan_to_num(values.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = np.quantile(values, [OUTLIERS, 1 - OUTLIERS])
    if high - low < 1e-6 * max(1.0, abs(float(high))):
        return np.zeros(values.shape, np.float32)
    return np.asarray(np.clip((values - low) / (high - low), 0, 1), np.float32)

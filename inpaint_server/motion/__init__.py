"""Motion of a still: layers warped by spectral volumes, and volumes taken from a person's clip."""

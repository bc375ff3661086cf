"""Pictures that a sound paints: a sound in slices, slices as the embeddings of a prompt, frames that grow out of each
other.

Nothing here touches torch; what does is in `diffusion.dreaming`. So the alignment with the sound, the statistics and
what is kept on disk are tested where no model can be installed.
"""

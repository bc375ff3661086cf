"""The inpaint server: jobs on disk, the step loop, mask preprocessing, plates and the engines, behind HTTP."""

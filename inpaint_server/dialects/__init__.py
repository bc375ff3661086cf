"""What other programs' clients ask and expect, as plain functions: the web UI's img2img, and IOPaint's inpaint.

The routes that speak these dialects are in `routes`. Translating each request into one of ours at the door was the
other road; what is asked differs too much: sizes, blurred masks, batches, what is kept of a file.
"""

"""Taking a picture apart into layers that follow contours, without weights.

`contour_cut` finds the borders, `mattes` softens them, `hidden_parts` paints what lies behind; `prepare` puts the
pieces together. Nothing here knows of jobs, steps or engines: a picture and wishes go in, cut-outs come out.
"""

"""The walk: continuing a layer's picture for ever out of its own pixels, without weights.

`field` answers for any pixel of a layer's plate. It rests on `tape`, which continues the layer's rows sideways, and on
`rows`, which continues its body upwards and downwards; both are edit lists from which pixels are rendered. `planning`
and `transitions` choose the jumps, `landings` the first ones of all layers together, `seam` hides them, `ground` is
what a band or a cut-out is continued from, `demand` says which edges a run needs at all, and `donor_fill`
paints holes of a single picture, where there is no motion to follow.
"""

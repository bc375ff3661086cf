"""Judging a job by what it has painted: figures against bars, and a page that shows why.

`job` opens a folder of plates; `metrics`, `borders`, `rigidity`, `repetition_map` and `loop_closure` measure, each one
thing; `report` puts the figures together and holds them against the bars; `page` shows them. No figure looks into an
engine: all of them see only the tiles and the source, so that they judge every engine alike.
"""

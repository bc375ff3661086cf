"""The HTTP surface under /api/v1, a blueprint for each matter.

A route gathers what was sent, calls a plain function and answers; whatever can be refused is refused by raising.
"""

from . import about, jobs, looking, reports, results, single

BLUEPRINTS = (about.routes, jobs.routes, results.routes, reports.routes, single.routes, looking.routes)
PUBLIC = frozenset({"about.health", "about.openapi"})
"""Endpoints that need no token: they show neither a picture nor a path, and make no work."""

"""The HTTP surface, a blueprint for each matter: ours under /api/v1, and what clients of other programs speak.

A route gathers what was sent, calls a plain function and answers; whatever can be refused is refused by raising.
"""

from . import about, dreams, iopaint, jobs, looking, reports, results, sdapi, single, wavelets

OURS = (
    about.routes,
    jobs.routes,
    results.routes,
    dreams.routes,
    reports.routes,
    single.routes,
    looking.routes,
    wavelets.routes,
)
BLUEPRINTS = (*OURS, sdapi.routes, iopaint.routes)
PUBLIC = frozenset({"about.health", "about.openapi"})
"""Endpoints that need no token: they show neither a picture nor a path, and make no work."""

"""``route``: how the edge would reach a target, without probing anything."""

import time
from datetime import UTC, datetime

from cf525.diagnosis.options import Options
from cf525.diagnosis.outside import Outside
from cf525.diagnosis.routes import plan_routes
from cf525.model import Confidence, Report, Target
from cf525.model.status import UNKNOWN
from cf525.version import __version__


async def find_routes(target: Target, options: Options) -> Report:
    """The routes of a target in the form of a report. Raises as ``plan_routes`` does."""
    started_at, began = datetime.now(UTC), time.perf_counter()
    async with Outside(options) as outside:
        plan = await plan_routes(target, outside)
    count = len(plan.routes)
    return Report(
        tool_version=__version__,
        started_at=started_at,
        target=target,
        edge_status=UNKNOWN,
        confidence=Confidence.LOW,
        summary=f"{count} route{'s' * (count != 1)} found; nothing was probed.",
        zone=plan.zone,
        routes=plan.routes,
        unknowns=plan.unknowns,
        errors=plan.errors,
        api_calls=plan.api_calls,
        timings={"total_ms": round((time.perf_counter() - began) * 1000, 1)},
    )

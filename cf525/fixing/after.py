"""What a change came to, once it was made: what visitors get, and how to go on.

Of a new certificate, whether the edge would accept it, and how the recognised server takes it.
Nothing is changed at Cloudflare here.
"""

from dataclasses import replace
from pathlib import Path

from cf525.diagnosis.options import Options
from cf525.fixing.watching import LATENCY, until_seen
from cf525.jobs.verify import Verification, verify
from cf525.model.fix import FixPlan, FixResult
from cf525.model.parsing import parse_target


async def after(done: FixResult, plan: FixPlan, options: Options, *, within: float) -> FixResult:
    """The result with what was seen since."""
    if plan.remedy == "origin-ca":
        return await _verified(done, plan, options)
    if not options.edge:
        return replace(done, notes=(*done.notes, "the edge was not asked (--no-edge)"))
    seen = await until_seen(
        parse_target(plan.host), options, plan.predicted.edge_status, within=within
    )
    notes = done.notes
    if seen.as_predicted is None:
        notes = (*notes, "the edge could not be asked from here whether it shows")
    elif not seen.as_predicted:
        notes = (*notes, f"the edge does not show it yet: {LATENCY}")
    return replace(done, notes=notes, at_the_edge=seen.status, as_predicted=seen.as_predicted)


async def _verified(done: FixResult, plan: FixPlan, options: Options) -> FixResult:
    """The new certificate, judged as the edge in Full (strict) would judge it."""
    assert done.entry is not None
    key, certificate = (Path(each) for each in done.entry.files)
    report = await verify(
        Verification(
            paths=(certificate,),
            hosts=(plan.host,),
            key=key,
            trust_files=options.trust_files,
            trust_only=options.trust_only,
            fetch=False,
        )
    )
    judged = f"the certificate, judged as in Full (strict): {report.edge_status}"
    then = f"install {certificate.name} and {key.name} at the origin, reload it, and then: "
    notes = (*done.notes, judged, f"{then}cf525 diagnose {plan.host}")
    done = replace(done, install=plan.install)
    return replace(done, notes=notes, as_predicted=report.edge_status.works)

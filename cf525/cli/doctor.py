"""``cf525 doctor``: what can the token read, and would this machine mislead a diagnosis?"""

from typing import Annotated, ClassVar

import typer

from cf525.cli import exit_status
from cf525.cli.groups import grouped
from cf525.cli.options.account import Access
from cf525.cli.options.output import Output
from cf525.cli.options.where import Unhurried
from cf525.cli.output import progress


class ExaminationOutput(Output):
    """The output of an examination."""

    kind: ClassVar[str] = "examination"


@grouped
def doctor(
    network: Unhurried,
    account: Access,
    results: ExaminationOutput,
    zone: Annotated[
        str, typer.Option("--zone", metavar="NAME", help="Try the rights on this zone.")
    ] = "",
) -> int:
    """Check the token's rights, the clock, the resolver, proxies and the trust list."""
    from cf525.cli.run import run
    from cf525.jobs.doctor import Patient, examine
    from cf525.model.parsing import parse_hostname

    destination = results.destination()
    patient = Patient(
        credentials=account.credentials(),
        api_base=account.base,
        resolver=network.resolver_address,
        zone=parse_hostname(zone) if zone else "",
    )
    with progress("examining", quiet=results.quiet):
        found = run(examine(patient), within=network.timeout)
    destination.write(found)
    return exit_status.OK if found.sound else exit_status.UNKNOWN

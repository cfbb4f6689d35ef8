"""``cf525 fix``: a stop-gap at Cloudflare, planned, made, listed and taken back."""

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cf525.cli import exit_status, streams
from cf525.cli.groups import grouped
from cf525.cli.options.fixing import Doing, FixAccess, FixLook, FixOutput, Wanted
from cf525.cli.options.where import built
from cf525.cli.output import Destination, ask, can_ask, print_pieces, progress, say
from cf525.errors import Cf525Error, UsageError
from cf525.values import dataclass

if TYPE_CHECKING:
    from cf525.diagnosis.options import Options
    from cf525.fixing.job import Hands
    from cf525.fixing.journal import Journal
    from cf525.fixing.keys import KeyFiles
    from cf525.fixing.wishes import Wish
    from cf525.model import Report, Target
    from cf525.model.fix import FixPlan, FixResult

MOST_HOSTS: Final = 10
FOR_SEVERAL: Final = ("origin-ca", "mode-for-host")


@grouped
def fix(
    host: Annotated[
        str | None,
        typer.Argument(metavar="HOST|PLAN.json", help="The hostname, or with --apply a plan."),
    ] = None,
    remedy: Annotated[
        str | None,
        typer.Argument(metavar="REMEDY", help="Which change; without it, those that would help."),
    ] = None,
    *,
    wanted: Wanted,
    doing: Doing,
    look: FixLook,
    account: FixAccess,
    results: FixOutput,
) -> int:
    """Plan a stop-gap at Cloudflare, make it, list what stands, and take it back.

    Nothing is changed without --apply or --undo and a confirmation. Remedies: mode-for-host,
    sni-for-host, port-for-host, pool-endpoint-off, origin-ca, pq-off, http1-to-origin,
    origin-pull, zone-mode, grey-record.
    """
    command = _Command(wanted, doing, look, account, results)
    command.check(host, remedy)
    if doing.listing:
        return command.listed()
    if doing.undo is not None:
        return command.undo(doing.undo)
    remedy = remedy or wanted.remedy_option
    if doing.apply and remedy is None and host is not None:
        return command.apply_file(Path(host))
    return command.plan(host, remedy)


@dataclass(frozen=True, slots=True)
class _Command:
    wanted: Wanted
    doing: Doing
    look: FixLook
    account: FixAccess
    results: FixOutput

    def check(self, host: str | None, remedy: str | None) -> None:
        """Raises UsageError for what contradicts itself."""
        doing = self.doing
        chosen = [doing.apply, doing.undo is not None, doing.listing]
        if sum(chosen) > 1:
            raise UsageError("--apply, --undo and --list exclude each other", hint="give one")
        if (doing.listing or doing.undo is not None) and (host or remedy or self.wanted.report):
            raise UsageError("--list and --undo take no host", hint="leave it out")
        if not any(chosen) and host is None and self.wanted.report is None:
            raise UsageError("no host was given", hint="cf525 fix HOST [REMEDY], or --list")
        if remedy is not None and self.wanted.remedy_option not in (None, remedy):
            raise UsageError("two remedies were given", hint="leave out --remedy")
        if doing.apply and host is None and self.wanted.report is None:
            raise UsageError("--apply needs a plan, or HOST REMEDY", hint="cf525 fix HOST first")

    # -- the journal ------------------------------------------------------------------------

    def listed(self) -> int:
        """Print what stands; needs neither a token nor the API."""
        found, damaged = _journal().entries()
        destination = self.results.destination("fixes")
        destination.write(tuple(each for each in found if each.open))
        for each in damaged:
            say(each)
        return exit_status.USAGE if damaged else exit_status.OK

    def undo(self, id: str) -> int:
        """Take a change back, once that is confirmed."""
        from cf525.changes.faithful import undo_shown
        from cf525.cli.run import run
        from cf525.fixing.job import take_back

        journal = _journal()
        entry = journal.entry(id)
        destination = self.results.destination("fixed")
        hands = self._hands(journal)
        say(f"taking back {entry.remedy} for {entry.host} ({entry.at:%Y-%m-%d %H:%MZ})")
        if entry.remedy == "origin-ca":
            say(
                "revoking a certificate cannot be taken back, and breaks Full (strict) where it is "
                "installed"
            )
        if entry.open:
            for each in undo_shown(entry):
                say(f"would send: {each}")
            self._confirm(entry.zone, whole_zone=False, what="take it back")
        with progress("asking Cloudflare", quiet=self.results.quiet):
            done = run(take_back(id, hands), through=True)
        destination.write(done)
        self._told(done)
        return exit_status.of_fix(done)

    def _told(self, done: "FixResult") -> None:
        """What was done must be known, where nobody reads the result too."""
        if streams.unheard():
            say(done.text, done.hint)

    def _hands(self, journal: "Journal", keys: "KeyFiles | None" = None) -> "Hands":
        from cf525.fixing.job import Hands

        return Hands(
            writer=self.account.writer(),
            reader=self.account.reader(),
            journal=journal,
            api_base=self.account.base,
            timeout=self.look.network.timeout,
            keys=keys,
        )

    # -- plans --------------------------------------------------------------------------------

    def apply_file(self, path: Path) -> int:
        """Carry out a plan that was kept."""
        from cf525.cli.run import run
        from cf525.fixing.job import examined
        from cf525.fixing.kept import read_plan
        from cf525.model.fix import FixResult

        if not path.exists() and path.suffix != ".json":
            raise UsageError(
                "--apply needs a plan, or a remedy behind the host",
                hint=f"cf525 fix {path} lists the remedies that would help",
            )
        kept, destination = read_plan(path), self._destination()
        options, hands = built(self.look, self.account), self._hands(_journal())
        with progress("looking at what stands there", quiet=self.results.quiet):
            plan = run(examined(kept, hands, options))
        if isinstance(plan, FixResult):
            destination.write(plan)
            return exit_status.of_fix(plan)
        return self._applied(plan, options, destination)

    def plan(self, host: str | None, remedy: str | None) -> int:
        """Plan, and with --apply carry out: one host, or several of an audit."""
        from cf525.fixing.kept import host_report, read_report

        wish = self.wanted.wish(remedy or "")
        path = self.wanted.report
        report: Report | None = None
        if path is not None:
            plain = read_report(path)
            if str(plain["schema"]).startswith("cf525.audit/"):
                return self._several(plain, remedy, host)
            report = host_report(plain, path)
        target = _target(host, report)
        options = built(self.look, self.account)
        if remedy is None:
            return self._offered(target, options, wish, report)
        return self._one(target, options, wish, report)

    def _one(
        self, target: "Target", options: "Options", wish: "Wish", report: "Report | None"
    ) -> int:
        from cf525.fixing.planning import InForce

        destination = self._destination()
        self._keys(wish, target.host)
        try:
            plan = self._planned(target, options, wish, report)
        except InForce as there:
            return self._nothing_to_do(there)
        if not self.doing.apply:
            destination.write(plan)
            if destination.output is None and destination.format.name == "text":
                say("nothing was changed", "-o plan.json keeps the plan for cf525 fix --apply")
            elif destination.output is not None and not self.results.quiet:
                then = f"{plan.predicted.was} would become {plan.predicted.edge_status}"
                say(f"{then}; nothing was changed", f"cf525 fix --apply {destination.output}")
            return exit_status.OK
        return self._applied(plan, options, destination)

    def _nothing_to_do(self, there: Cf525Error) -> int:
        """What is wanted stands there: said as the result that it is."""
        from cf525.model.fix import FixResult

        done = FixResult(result="already", text=f"{there.message}; nothing was written")
        self.results.destination("fixed").write(done)
        return exit_status.OK

    def _destination(self) -> Destination:
        return self.results.destination("fixed" if self.doing.apply else "fix")

    def _planned(
        self, target: "Target", options: "Options", wish: "Wish", report: "Report | None"
    ) -> "FixPlan":
        from cf525.cli.run import run
        from cf525.fixing.job import propose

        with progress(f"looking at {target.host}", quiet=self.results.quiet):
            return run(propose(target, options, wish, report))

    def _offered(
        self, target: "Target", options: "Options", wish: "Wish", report: "Report | None"
    ) -> int:
        from cf525.cli.run import run
        from cf525.fixing.job import offer

        if self.doing.apply:
            raise UsageError("--apply needs a remedy", hint="cf525 fix HOST lists those that help")
        destination = self.results.destination("offers")
        with progress(f"looking at {target.host}", quiet=self.results.quiet):
            found = run(offer(target, options, wish, report))
        destination.write(found)
        return exit_status.of_offers(found)

    def _several(self, plain: Any, remedy: str | None, host: str | None) -> int:
        """A plan for each broken host of an audit, until the first that fails."""
        if remedy not in FOR_SEVERAL:
            raise UsageError(
                f"a report of an audit takes --remedy {' or '.join(FOR_SEVERAL)}",
                hint="for anything else give one host",
            )
        hosts = _hosts_of(plain, remedy, host)
        wish = self.wanted.wish(remedy)
        options = built(self.look, self.account)
        plans = []
        for name in hosts:
            target = _target(name, None)
            self._keys(wish, target.host)
            plan = self._planned(target, options, wish, None)
            if self.doing.apply:
                ended = self._applied(plan, options, self._destination())
                if ended != exit_status.OK:
                    say(f"stopped at {name}; the hosts after it were left alone")
                    return ended
                continue
            plans.append(plan)
        if plans:
            self._show_several(plans)
        return exit_status.OK

    def _show_several(self, plans: "list[FixPlan]") -> None:
        folder = self.wanted.out
        if folder is None:
            destination = self._destination()
            if destination.format.name == "json":
                destination.write(tuple(plans))
                return
            for each in plans:
                destination.write(each)
            return
        for each in plans:
            output = replace(self.results, output=folder / f"{each.host}.plan.json")
            output.destination("fix").write(each)
            say(f"{output.output}: {each.predicted.was} would become {each.predicted.edge_status}")

    # -- doing it -----------------------------------------------------------------------------

    def _applied(self, plan: "FixPlan", options: "Options", destination: Destination) -> int:
        from cf525.cli.run import run
        from cf525.fixing.job import carry_out

        hands = self._hands(_journal(), self._keys(self.wanted.wish(plan.remedy), plan.host))
        if not self.results.quiet:
            self._show(plan)
        self._confirm(plan.zone, whole_zone=plan.scope == "zone", what="make the change")
        with progress("asking Cloudflare", quiet=self.results.quiet):
            done = run(carry_out(plan, hands, every_host_passed=True), through=True)
        done = self._looked_after(done, plan, options)
        try:
            destination.write(done)
        except UsageError:
            say(f"{done.text}", done.hint)  # what was done must be known, wherever that goes
            raise
        self._told(done)
        if done.as_predicted is False and can_ask() and done.entry is not None:
            return self._offer_undo(done.entry.id)
        return exit_status.of_fix(done)

    def _show(self, plan: "FixPlan") -> None:
        """The plan, on stderr, so that stdout holds the result alone."""
        from cf525.cli.output import terminal_width
        from cf525.report import fix as pages

        lines = pages.plan(plan, width=terminal_width(), verbose=bool(self.results.verbose))
        print_pieces(lines, color=not self.results.no_color, error=True)

    def _confirm(self, zone: str, *, whole_zone: bool, what: str) -> None:
        """Goes on only if the person said so. Raises UsageError otherwise; nothing is written."""
        if whole_zone:
            if self.doing.yes_zone is not None:
                if self.doing.yes_zone.strip().lower() != zone:
                    raise UsageError(
                        f"--yes-zone names another zone than {zone}; nothing was written",
                        hint=f"this concerns every host of {zone}",
                    )
                return
            wanted, question = zone, f"Type the zone's name to {what} for all of {zone}:"
        else:
            if self.doing.yes:
                return
            wanted, question = "yes", f"Type yes to {what}:"
        if not can_ask():
            option = f"--yes-zone {zone}" if whole_zone else "--yes"
            raise UsageError(
                "nothing was written: it was not confirmed, and nobody can be asked here",
                hint=f"give {option}",
            )
        if ask(question) != wanted:
            raise UsageError("nothing was written: it was not confirmed")

    def _looked_after(self, done: "FixResult", plan: "FixPlan", options: "Options") -> "FixResult":
        """What the edge answers afterwards, where that was asked for and can be told."""
        from cf525.cli.run import run
        from cf525.fixing.after import after

        if done.result != "applied":
            return done
        within = self.doing.wait
        with progress("asking the edge until it shows", quiet=self.results.quiet):
            try:
                return run(after(done, plan, options, within=within))
            except (Cf525Error, typer.Exit):
                return done  # it was applied all the same

    def _offer_undo(self, id: str) -> int:
        if ask("The edge does not show it. Type yes to take it back:") == "yes":
            return replace(self, doing=replace(self.doing, yes=True)).undo(id)
        return exit_status.FAILS

    def _keys(self, wish: "Wish", host: str) -> "KeyFiles | None":
        """Where a new key and certificate go; checked now. Raises UsageError."""
        from cf525.fixing.keys import KeyFiles

        if wish.remedy != "origin-ca":
            return None
        files = KeyFiles.of(host, self.wanted.out or Path())
        files.check()
        return files


def _journal() -> "Journal":
    from cf525.fixing.journal import Journal, folder

    return Journal(folder(os.environ))


def _target(host: str | None, report: "Report | None") -> "Target":
    from cf525.model.parsing import parse_target

    if report is None:
        assert host is not None
        return parse_target(host)
    if host is not None and parse_target(host).host != report.target.host:
        raise UsageError(
            f"the report is about {report.target.host}, and not about {host}",
            hint="leave out the host, or give another report",
        )
    return report.target


def _hosts_of(plain: Any, remedy: str, host: str | None) -> list[str]:
    """The broken hosts of an audit that the remedy is for. Raises UsageError."""
    rows = plain.get("hosts")
    found = [
        str(row.get("host"))
        for row in (rows if isinstance(rows, list) else ())
        if isinstance(row, dict)
        and row.get("severity") == "broken"
        and remedy in (row.get("remedies") or ())
        and host in (None, row.get("host"))
    ]
    if not found:
        raise UsageError(f"no host of the audit is one that {remedy} is for")
    if len(found) > MOST_HOSTS:
        raise UsageError(
            f"{len(found)} hosts of the audit would be changed, and {MOST_HOSTS} are the most",
            hint="audit fewer hosts, or name one",
        )
    return found

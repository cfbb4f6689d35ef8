"""Origins that treat addresses differently, by a real packet filter between real addresses.

Cloudflare, the origin and this tool each run on a host of a made-up network. What the edge answers
follows from what the origin's filter does to a connection from one of Cloudflare's addresses.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import pytest

from cf525.edge.ranges import CLOUDFLARE
from cf525.model import Report
from cf525.report.plain import from_plain
from cf525.report.text import render
from tests.realservers.namespaces import Place, network
from tests.realservers.relaying_edge import Setup
from tests.servers.process import require, running
from tests.servers.real import HOST, Files

pytestmark = [pytest.mark.realserver, pytest.mark.xdist_group("namespaces")]

ORIGIN: Final = "203.0.113.10"
US, ALSO_US = "198.51.100.7", "198.51.100.8"
RANGES: Final = ", ".join(each for each in CLOUDFLARE if ":" not in each)
ON_WARP: Final = "100.96.0.5"
PROJECT: Final = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Scene:
    """The three hosts, and how to run the tool on one of them."""

    origin: Place
    us: Place
    trust: Path
    edge: Place
    warp: Place
    files: Files

    def filter(self, *rules: str) -> None:
        """Let the origin's packet filter treat what comes for port 443 by these rules."""
        lines = "\n".join(f"tcp dport 443 {rule}" for rule in rules)
        self.origin.firewall(
            f"""table inet origin {{
                set cloudflare {{ type ipv4_addr; flags interval; elements = {{ {RANGES} }} }}
                chain input {{ type filter hook input priority 0; policy accept;
                iif lo accept
                {lines}
                }}
            }}"""
        )

    def run(self, *arguments: str, at: Place | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            (at or self.us).command(sys.executable, "-m", "cf525.cli", *arguments),
            capture_output=True,
            text=True,
            timeout=200,
            stdin=subprocess.DEVNULL,
            cwd=PROJECT,
            env={"PATH": os.environ["PATH"], "PYTHONUTF8": "1"},
            check=False,
        )

    def diagnose(
        self, *more: str, resolver: str = "1.1.1.1", at: Place | None = None, status: int
    ) -> Report:
        """The report of ``cf525 diagnose``, which must end with this exit status."""
        result = self.run(
            *("diagnose", HOST, "--origin", ORIGIN, "--mode", "strict", "--no-fetch"),
            *("--trust", str(self.trust), "--resolver", resolver, "--format", "json", *more),
            at=at,
        )
        assert (result.returncode, result.stderr) == (status, "")
        return from_plain(Report, json.loads(result.stdout))


@contextmanager
def cloudflare(
    place: Place, files: Files, *, address: str, resolver: str, patience: float
) -> Iterator[None]:
    """An edge of Cloudflare's and the resolver that leads to it."""
    certificate, key = files.pair(files.authority.issue(HOST), f"edge-{address}")
    setup = Setup(
        host=HOST,
        address=address,
        resolver=resolver,
        source="172.64.0.9",
        origin=ORIGIN,
        certificate=str(certificate),
        key=str(key),
        trust=str(files.trust),
        patience=patience,
    )
    file = files.write(f"edge-{address}.json", json.dumps(asdict(setup)))
    command = place.command(sys.executable, "-m", "tests.realservers.relaying_edge", file)
    folder = files.folder / f"edge-{address}"
    folder.mkdir()
    with running(
        *(command, 443, folder),
        env={"PYTHONPATH": str(PROJECT)},
        ready=lambda: place.listens(443, address),
    ):
        yield


@contextmanager
def nginx(place: Place, files: Files) -> Iterator[None]:
    """A healthy site on every address of a host."""
    certificate, key = files.pair(files.authority.issue(HOST))
    folder = files.folder
    temporary = " ".join(
        f"{each}_temp_path {folder}/{each};"
        for each in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    config = files.write(
        "nginx.conf",
        f"""daemon off; master_process off; pid {folder}/nginx.pid; error_log stderr;
        events {{ worker_connections 64; }}
        http {{ access_log off; {temporary}
            server {{ listen 443 ssl; server_name {HOST};
                ssl_certificate {certificate}; ssl_certificate_key {key};
                location / {{ return 200 "ok"; }} }} }}""",
    )
    command = place.command(require("nginx"), "-c", config, "-p", folder)
    with running(command, 443, folder, ready=lambda: place.listens(443)):
        yield


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    require("nft")
    files = Files(tmp_path_factory.mktemp("filters"))
    hosts = {
        "origin": (ORIGIN,),
        "us": (US, ALSO_US),
        "warp": (ON_WARP,),
        "edge": ("104.16.0.25", "104.16.0.26", "1.1.1.1", "1.0.0.1", "172.64.0.9"),
    }
    with ExitStack() as stack:
        places = stack.enter_context(network(hosts))
        edge = places["edge"]
        stack.enter_context(nginx(places["origin"], files))
        stack.enter_context(
            cloudflare(edge, files, address="104.16.0.25", resolver="1.1.1.1", patience=2)
        )
        us, warp = places["us"], places["warp"]
        yield Scene(places["origin"], us, files.trust, edge, warp, files)


ONLY_CLOUDFLARE = ("ip saddr @cloudflare accept", "drop")
"""What Cloudflare recommends: its addresses and nobody else's."""


def summary(report: Report) -> tuple[str, str, str | None, str]:
    """Status, how sure, the cause, and how the edge's word fits the direct test."""
    agreement = report.comparison.agreement if report.comparison is not None else ""
    return report.edge_status, report.confidence, report.headline, agreement


def first_line(report: Report) -> str:
    return next(line.text for line in render(report) if line.text)


def open_questions(report: Report) -> dict[str, str]:
    """The next step of each question about the way to the origin that the report leaves open."""
    about_the_way = (
        *("filters-on", "only-cloudflare", "edge-not-reached", "address-not-tried", "warp"),
    )
    return {each.id: each.next for each in report.unknowns if each.id.startswith(about_the_way)}


def surely(report: Report) -> dict[str, str]:
    return {each.id: each.confidence for each in report.findings if not each.contributing}


def test_a_firewall_that_admits_only_cloudflare_is_no_fault(scene: Scene) -> None:
    scene.filter(*ONLY_CLOUDFLARE)
    report = scene.diagnose(status=0)
    assert summary(report) == ("ok", "medium", None, "allow-listed")
    assert first_line(report).startswith(" OK  the edge can reach this origin")
    assert "does not admit this machine: it is allow-listed" in report.summary
    assert "only-cloudflare-admitted" in {each.id for each in report.findings}
    assert surely(report) == open_questions(report) == {}


def test_a_firewall_that_refuses_all_but_cloudflare_is_no_fault_either(scene: Scene) -> None:
    scene.filter("ip saddr @cloudflare accept", "reject with tcp reset")
    report = scene.diagnose(status=0)
    assert summary(report) == ("ok", "medium", None, "allow-listed")
    assert surely(report) == {}


@pytest.mark.parametrize("rule", ["drop", "reject with icmp admin-prohibited"])
def test_without_the_edge_a_closed_origin_is_no_verdict(scene: Scene, rule: str) -> None:
    scene.filter("ip saddr @cloudflare accept", rule)
    report = scene.diagnose("--no-edge", status=3)
    assert (report.edge_status, report.confidence) == ("unknown", "low")
    assert first_line(report).startswith(" ?  cannot tell")
    assert set(surely(report).values()) == {"low"}
    (next_step,) = open_questions(report).values()
    assert next_step.startswith("Ask once through Cloudflare (without --no-edge)")
    assert "cf525 probe --emit" in next_step


def test_the_next_step_on_the_origin_host_settles_it(scene: Scene) -> None:
    scene.filter(*ONLY_CLOUDFLARE)
    seen = scene.files.folder / "seen.json"
    there = ("probe", ORIGIN, "--sni", HOST, "--request", "--format", "json", "-o", str(seen))
    assert scene.run(*there, at=scene.origin).returncode == 0
    report = scene.diagnose("--no-edge", "--observation", str(seen), status=0)
    assert summary(report)[:3] == ("ok", "high", None)


def test_a_firewall_that_drops_cloudflare_is_told_from_an_origin_that_is_down(
    scene: Scene,
) -> None:
    scene.filter("ip saddr @cloudflare drop")
    report = scene.diagnose(status=1)
    assert summary(report) == ("522", "high", "cf-ips-firewalled", "edge-only")
    assert first_line(report).startswith(" 522  Connection timed out")
    # That some filter does it follows from two facts; which one is beyond what can be seen.
    assert surely(report) == {"cf-ips-firewalled": "medium"}
    assert open_questions(report) == {}
    assert report.comparison is not None
    assert "cf525 probe --emit" in report.comparison.next


def test_without_the_edge_the_same_filter_stays_an_open_question(scene: Scene) -> None:
    scene.filter("ip saddr @cloudflare drop")
    report = scene.diagnose("--no-edge", status=0)
    assert "firewall log" in open_questions(report)["filters-on-cloudflare-addresses"]


def test_a_reset_inside_cloudflares_handshakes_alone_is_a_525_of_the_filter(scene: Scene) -> None:
    scene.filter("ip saddr @cloudflare ct state established meta length > 60 reject with tcp reset")
    report = scene.diagnose(status=1)
    assert summary(report) == ("525", "high", "cf-ips-firewalled", "edge-only")
    assert first_line(report).startswith(" 525  SSL handshake failed")


@pytest.mark.parametrize(
    ("rule", "status", "title", "cause", "sure"),
    [
        ("drop", "522", "Connection timed out", "port-filtered", "high"),
        # A reset says that the host is up, and not whether a firewall or nobody sent it.
        ("reject with tcp reset", "521", "Web server is down", "port-refused", "medium"),
        ("reject with icmp admin-prohibited", "523", "Origin is unreachable", "no-route", "medium"),
    ],
)
def test_a_firewall_closed_to_everybody_is_confirmed_by_the_edge(
    scene: Scene, rule: str, status: str, title: str, cause: str, sure: str
) -> None:
    scene.filter(rule)
    report = scene.diagnose(status=1)
    assert summary(report) == (status, "high", cause, "confirmed")
    assert first_line(report).startswith(f" {status}  {title}")
    assert surely(report) == {cause: sure}
    finding = report.headline_finding
    assert finding is not None
    assert any("through the edge" in each.text for each in finding.evidence)
    assert "only Cloudflare" not in finding.explanation
    assert "but Cloudflare" not in finding.confidence_reason
    assert open_questions(report) == {}


def test_a_fault_behind_an_allow_list_is_told_and_not_explained(scene: Scene) -> None:
    scene.filter(
        "ip saddr @cloudflare ct state established meta length > 60 reject with tcp reset",
        *ONLY_CLOUDFLARE,
    )
    report = scene.diagnose(status=1)
    assert summary(report) == ("525", "high", "unseen-from-here", "edge-tells")
    finding = report.headline_finding
    assert finding is not None
    assert any("--emit" in line for remedy in finding.remedies for line in remedy.commands)


def test_an_edge_that_still_waits_for_an_origin_that_serves_us_is_not_called_fine(
    scene: Scene,
) -> None:
    scene.filter("ip saddr @cloudflare drop")
    with cloudflare(
        scene.edge, scene.files, address="104.16.0.26", resolver="1.0.0.1", patience=19
    ):
        report = scene.diagnose(resolver="1.0.0.1", status=3)
    assert summary(report) == ("unknown", "low", None, "not-compared")
    assert first_line(report).startswith(" ?  cannot tell")
    assert "ends in 522 or 524" in report.summary
    assert "--edge-wait 130" in open_questions(report)["edge-not-reached"]


def test_the_source_address_decides_what_is_seen(scene: Scene) -> None:
    scene.filter(f"ip saddr {ALSO_US} accept", "drop")
    admitted = scene.diagnose("--source", ALSO_US, "--no-edge", status=0)
    assert summary(admitted)[:3] == ("ok", "high", None)
    refused = scene.diagnose("--source", US, "--no-edge", status=3)
    assert summary(refused)[:3] == ("unknown", "low", "port-filtered")
    # From the admitted one, what the edge meets is known to be a matter of its addresses.
    beside = scene.diagnose("--source", ALSO_US, status=1)
    assert summary(beside) == ("522", "high", "cf-ips-firewalled", "edge-only")


def test_a_source_that_is_not_an_address_of_the_machine_is_wrong_usage(scene: Scene) -> None:
    result = scene.run("diagnose", HOST, "--origin", ORIGIN, "--source", "198.51.100.99")
    assert (result.returncode, result.stdout) == (2, "")
    assert "198.51.100.99 is not an address of this machine" in result.stderr


def test_a_limit_on_connections_from_one_address_is_found_by_a_series(scene: Scene) -> None:
    scene.filter("ct state new meter many { ip saddr ct count over 8 } reject with tcp reset")
    # The kernel forgets a closed connection a moment late; one by one, they are to keep below.
    series = ("--repeat", "10", "--interval", "0.05", "--parallel", "24")
    report = scene.diagnose("--no-edge", *series, status=1)
    assert summary(report)[:3] == ("521", "high", "fails-in-parallel")


def test_a_machine_on_warp_does_not_blame_the_origin(scene: Scene) -> None:
    scene.filter(f"ip saddr {ON_WARP} reject with tcp reset")
    report = scene.diagnose("--no-edge", at=scene.warp, status=1)
    assert (report.edge_status, report.confidence) == ("521", "low")
    doubt = open_questions(report)["warp"]
    assert "warp-cli disconnect" in doubt
    # The edge knows for certain how its visitor comes, and its word on the origin stands.
    beside = scene.diagnose(at=scene.warp, status=0)
    assert (beside.edge_status, beside.comparison.agreement) == ("ok", "allow-listed")  # type: ignore[union-attr]
    text = next(each.text for each in beside.unknowns if each.id == "warp")
    assert f"from WARP's address {ON_WARP}" in text
    assert "the edge says warp=on" in text


def test_an_idle_warp_client_casts_no_doubt(scene: Scene) -> None:
    scene.filter("accept")
    link = scene.us.command(require("ip"), "link")
    subprocess.run([*link, "add", "CloudflareWARP", "type", "bridge"], check=True, timeout=10)
    try:
        asked = scene.diagnose(status=0)
        unasked = scene.diagnose("--no-edge", status=0)
    finally:
        subprocess.run([*link, "delete", "CloudflareWARP"], check=True, timeout=10)
    assert "warp" not in open_questions(asked)
    doubt = next(each for each in unasked.unknowns if each.id == "warp")
    assert "the edge was not asked" in doubt.text

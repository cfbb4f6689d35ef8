"""What a configuration turns away: names that no patch for another one may let in, and protocols."""

from dataclasses import replace
from pathlib import Path

from cf525.jobs.lint import Lint, Linter
from cf525.model import Confidence
from cf525.reading.sources import of_paths
from cf525.servers.library import Overlaid
from tests.lint import caddy_trees, unanswered_trees
from tests.lint.trees import Tree, foretold, healed, judge, laid_out
from tests.oracle.origins import HOST


def met(main: Path, host: str) -> tuple[str, bool]:
    """The cause that another name meets, and whether its certificate would do."""
    job = Lint(host=HOST, paths=(str(main),), port=4443, address="127.0.0.1", aop="none")
    linter = Linter(job, of_paths(job.paths, "", None), judge())
    question = replace(linter.question, host=host)
    found = linter.foretold(Overlaid(linter.source.library, {}), question)
    verdict = linter._verdict(found, host)
    fault = found.decisive
    return fault.cause if fault is not None else "", bool(verdict and verdict.accepted)


def mended(case: Tree, folder: Path, main: str) -> Path:
    laid_out(case, folder, 4443)
    assert healed(foretold(case, folder / main, 4443, "strict"))
    return folder / main


def test_one_denial_goes_and_the_other_stays(tmp_path: Path) -> None:
    case = next(each for each in unanswered_trees.HAPROXY if each.name == "denied in a list")
    main = mended(case, tmp_path, "haproxy.cfg")
    assert met(main, HOST) == ("", True)
    assert met(main, "old.example.com")[0] == "sni-rejected-112"


def test_a_site_whose_name_gets_a_sibling_keeps_its_certificate(tmp_path: Path) -> None:
    case = caddy_trees.tree("apex", caddy_trees.site("example.com", cert="apex"))
    main = mended(case, tmp_path, "Caddyfile")
    assert met(main, HOST) == ("", True)
    assert met(main, "example.com") == ("", True)


def test_a_stream_for_other_protocols_alone_refuses_the_edges(tmp_path: Path) -> None:
    case = unanswered_trees.stream("alpn of dns", "ssl_alpn dot;")
    laid_out(case, tmp_path, 4443)
    report = foretold(case, tmp_path / "nginx.conf", 4443, "strict")
    assert (str(report.edge_status), report.headline) == ("525", "alpn-no-overlap")
    assert healed(report)
    assert foretold(case, tmp_path / "nginx.conf", 4443, "strict").headline is None


def test_a_request_that_is_dropped_in_silence_is_likely_a_520(tmp_path: Path) -> None:
    rule = "http-request silent-drop if { hdr_beg(host) www. }"
    case = unanswered_trees.haproxy("dropped", rule)
    laid_out(case, tmp_path, 4443)
    report = foretold(case, tmp_path / "haproxy.cfg", 4443, "strict")
    assert (str(report.edge_status), report.headline) == ("520", "closes-after-handshake")
    assert report.confidence is Confidence.MEDIUM


def test_a_rule_that_files_do_not_decide_leaves_the_answer_likely(tmp_path: Path) -> None:
    rule = "http-request reject if { sc_http_req_rate(0) gt 100 }"
    case = replace(unanswered_trees.haproxy("rate", rule), keys=True)
    laid_out(case, tmp_path, 4443)
    report = foretold(case, tmp_path / "haproxy.cfg", 4443, "strict")
    assert (str(report.edge_status), report.confidence) == ("ok", Confidence.MEDIUM)

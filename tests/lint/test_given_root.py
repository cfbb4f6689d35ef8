"""A copied tree under ``--root``: what Caddy opens while it reads a Caddyfile is the tree's."""

from pathlib import Path

from cf525.conclusion.configuration import conclude_configuration
from cf525.jobs.lint import Lint, Linter
from cf525.model import Report
from cf525.reading.sources import of_paths
from tests.lint.certificates import certificates
from tests.lint.trees import judge
from tests.oracle.origins import HOST

ASKING = (
    "{head} {{\n tls /etc/caddy/site.pem /etc/caddy/site.key {{\n  client_auth {{\n"
    "   mode require_and_verify\n   trusted_ca_cert_file {file}\n  }}\n }}\n}}\n"
)


def told(root: Path, text: str, **more: str) -> Report:
    folder = root / "etc/caddy"
    folder.mkdir(parents=True)
    for name in ("site.pem", "site.key", "client-ca.pem"):
        (folder / name).write_bytes((certificates().folder / name).read_bytes())
    for name, content in {"Caddyfile": "{\n skip_install_trust\n}\n" + text, **more}.items():
        (folder / name).write_text(content)
    job = Lint(host=HOST, paths=("/etc/caddy/Caddyfile",), root=root, aop="none")
    source = of_paths(job.paths, "caddy", root)
    return conclude_configuration(Linter(job, source, judge()).read())


def test_the_authorities_of_clients_are_read_from_the_tree(tmp_path: Path) -> None:
    report = told(tmp_path, ASKING.format(head=HOST, file="/etc/caddy/client-ca.pem"))
    assert (str(report.edge_status), report.headline) == ("520", "mtls-unrelated")


def test_a_path_that_an_import_gives_is_one_of_the_tree_too(tmp_path: Path) -> None:
    snippet = ASKING.format(head="(ask)", file="{args.0}")
    report = told(tmp_path, snippet + f"{HOST} {{\n import ask /etc/caddy/client-ca.pem\n}}\n")
    assert report.headline == "mtls-unrelated"


def test_a_path_with_an_argument_within_is_one_of_the_tree_too(tmp_path: Path) -> None:
    snippet = ASKING.format(head="(ask)", file="/etc/caddy/{args.0}.pem")
    report = told(tmp_path, snippet + f"{HOST} {{\n import ask client-ca\n}}\n")
    assert report.headline == "mtls-unrelated"


def test_a_file_of_this_host_is_not_opened(tmp_path: Path) -> None:
    here = tmp_path / "here.pem"
    here.write_bytes((certificates().folder / "client-ca.pem").read_bytes())
    report = told(tmp_path / "tree", ASKING.format(head=HOST, file=here))
    assert (str(report.edge_status), report.headline) == ("520", "client-cert-required")
    told_of = " ".join(each.text for finding in report.findings for each in finding.evidence)
    assert "Our Client CA" not in told_of  # whom it names stands in the file that was not opened


def test_an_import_of_this_host_is_not_opened(tmp_path: Path) -> None:
    here = tmp_path / "here.caddy"
    here.write_text(f"{HOST} {{\n tls /etc/caddy/site.pem /etc/caddy/site.key\n}}\n")
    report = told(tmp_path / "tree", f"import {here}\n")
    assert (str(report.edge_status), report.headline) == ("521", "configuration-not-loaded")

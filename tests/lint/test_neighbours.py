"""A patch for one site leaves what another demands and serves as it is, or there is none."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from cf525.jobs.lint import Lint, Linter, lint
from cf525.lab.ca import Authority
from cf525.model import Report
from cf525.reading.sources import of_paths
from cf525.servers.foretold import Foretold
from cf525.servers.library import Overlaid
from tests.lint import apache_trees, caddy_trees, envoy_trees, haproxy_trees, nginx_trees
from tests.lint import traefik_trees as traefik
from tests.lint.trees import Tree, foretold, healed, judge, laid_out
from tests.oracle.origins import HOST

OTHER = "other.example.net"
CA = "CERTS/client-ca.pem"
DEMANDS = frozenset(("mtls-unrelated", "client-cert-required"))
HAPROXY_SITES = "crt CERTS/site-all.pem crt CERTS/other-all.pem"
CADDY_DEMAND = (
    "(own) {{\n    tls CERTS/{cert}.pem CERTS/{cert}.key {{\n        client_auth {{\n"
    f"            mode require_and_verify\n            trusted_ca_cert_file {CA}\n        }}}}\n"
    "    }}\n}}\n"
)
BY_SNIPPET = "https://{name}:PORT {{\n    import own\n    respond ok\n}}\n"
SHARED = {
    "nginx": (
        nginx_trees.tree(
            "for all",
            f"ssl_verify_client on;\nssl_client_certificate {CA};\n",
            nginx_trees.server(name=OTHER, cert="other"),
            nginx_trees.server(),
        ),
        "nginx.conf",
        True,
    ),
    "apache": (
        apache_trees.tree(
            "for all",
            f"SSLVerifyClient require\nSSLCACertificateFile {CA}\n",
            apache_trees.vhost(name=OTHER, cert="other"),
            apache_trees.vhost(),
        ),
        "apache2.conf",
        True,
    ),
    "haproxy": (
        haproxy_trees.tree(
            "one bind",
            haproxy_trees.frontend(f":PORT ssl {HAPROXY_SITES} verify required ca-file {CA}"),
        ),
        "haproxy.cfg",
        False,
    ),
    "haproxy by rules": (
        haproxy_trees.tree(
            "one certificate",
            haproxy_trees.frontend(
                f":PORT ssl crt CERTS/wild-all.pem verify required ca-file {CA}",
                "acl inside hdr(host) -i intranet.example.com",
            ),
        ),
        "haproxy.cfg",
        False,
    ),
    "caddy": (
        caddy_trees.tree(
            "a snippet of two",
            CADDY_DEMAND.format(cert="wild"),
            BY_SNIPPET.format(name=HOST),
            BY_SNIPPET.format(name="intranet.example.com"),
        ),
        "Caddyfile",
        False,
    ),
    "caddy, of its own": (
        caddy_trees.tree(
            "one each",
            *(
                caddy_trees.site(
                    name,
                    "client_auth {",
                    "    mode require_and_verify",
                    f"    trusted_ca_cert_file {CA}",
                    "}",
                    cert="wild",
                )
                for name in (HOST, "intranet.example.com")
            ),
        ),
        "Caddyfile",
        True,
    ),
    "envoy": (
        envoy_trees.tree(
            "one chain",
            envoy_trees.listener(
                envoy_trees.chain(
                    f"{HOST}, intranet.example.com",
                    "wild",
                    f"            validation_context: {{trusted_ca: {{filename: {CA}}}}}\n",
                    "          require_client_certificate: true\n",
                )
            ).replace(
                'domains: ["*"]',
                f'domains: ["{HOST}"]\n              routes: []\n'
                '            - name: inside\n              domains: ["intranet.example.com"]',
            ),
        ),
        "envoy.yaml",
        False,
    ),
    "traefik": (
        traefik.tree(
            "options of all",
            traefik.ROUTER.replace(
                "  services:",
                "    inside:\n      rule: Host(`intranet.example.com`)\n"
                "      entryPoints: [websecure]\n      service: app\n      tls: {}\n  services:",
            )
            + traefik.certificates("wild")
            + traefik.options(
                f"clientAuth: {{caFiles: [{CA}], clientAuthType: RequireAndVerifyClientCert}}"
            ),
        ),
        "traefik.yml",
        False,
    ),
}


def seen(main: Path, host: str) -> Foretold:
    """What another name meets."""
    job = Lint(host=HOST, paths=(str(main),), port=4443, address="127.0.0.1", aop="none")
    linter = Linter(job, of_paths(job.paths, "", None), judge())
    question = replace(linter.question, host=host)
    return linter.foretold(Overlaid(linter.source.library, {}), question)


def demands(found: Foretold) -> bool:
    return any(each.cause in DEMANDS for each in found.faults)


def judged(case: Tree, folder: Path, main: str) -> Report:
    laid_out(case, folder, 4443)
    return foretold(case, folder / main, 4443, "strict")


@pytest.mark.parametrize("kind", SHARED)
def test_a_client_certificate_that_another_site_demands_stays_demanded(
    kind: str, tmp_path: Path
) -> None:
    case, main, patched = SHARED[kind]
    other = OTHER if "other" in str(case.files) else "intranet.example.com"
    report = judged(case, tmp_path, main)
    finding = report.headline_finding
    assert finding is not None
    assert finding.id in DEMANDS
    assert bool(finding.patch) is patched
    assert demands(seen(tmp_path / main, other))
    if patched:
        assert healed(report)
        assert demands(seen(tmp_path / main, other))
        assert not demands(seen(tmp_path / main, HOST))


def test_what_a_patch_costs_is_said_with_it(tmp_path: Path) -> None:
    case, main, _ = SHARED["apache"]
    finding = judged(case, tmp_path, main).headline_finding
    assert finding is not None
    first = finding.remedies[0].parts[0]
    assert "asks nobody for a client certificate" in str(first)


def test_the_mode_of_caddys_demand_is_the_line_that_is_named(tmp_path: Path) -> None:
    case, main, _ = SHARED["caddy, of its own"]
    finding = judged(case, tmp_path, main).headline_finding
    assert finding is not None
    assert [each.text for each in finding.places] == ["mode require_and_verify", "client_auth {"]


@pytest.mark.parametrize(
    ("pattern", "kept"), [("*.shop.example", True), ("cdn.shop.example", False)]
)
def test_a_site_with_a_pattern_keeps_the_names_of_its_certificate(
    pattern: str, kept: bool, tmp_path: Path
) -> None:
    """The wildcard serves www by its certificate and takes cdn too; a site of cdn alone may get
    cdn's certificate."""
    issuer = Authority()
    (tmp_path / "root.pem").write_bytes(issuer.pem)
    for name in ("www", "cdn"):
        issued = issuer.issue(f"{name}.shop.example")
        (tmp_path / f"{name}.pem").write_bytes(issued.chain_pem)
        (tmp_path / f"{name}.key").write_bytes(issued.key_pem)

    def site(names: str, own: str) -> str:
        pair = f"ssl_certificate {tmp_path}/{own}.pem; ssl_certificate_key {tmp_path}/{own}.key;"
        return f"  server {{\n    listen 443 ssl;\n    server_name {names};\n    {pair}\n  }}\n"

    sites = site(pattern, "www") + site("~^cdn[.]", "cdn")
    (tmp_path / "nginx.conf").write_text(f"events {{}}\nhttp {{\n{sites}}}\n")
    job = Lint(
        paths=(str(tmp_path / "nginx.conf"),),
        host="cdn.shop.example",
        trust_files=(tmp_path / "root.pem",),
        trust_only=True,
    )
    report = asyncio.run(lint(job))
    finding = report.headline_finding
    assert finding is not None
    changed = [
        each
        for each in finding.patch.splitlines()
        if each.startswith(("-", "+")) and not each.startswith(("---", "+++"))
    ]
    assert (report.edge_status, bool(changed)) == ("526", True)
    assert any("ssl_certificate" in each for each in changed) is not kept

"""What stands before the handshake, where the outcome is a race or the files alone can tell it."""

from pathlib import Path

import pytest

from cf525.edge.ranges import CLOUDFLARE
from cf525.lab.ca import Authority
from cf525.model import Confidence
from cf525.servers.foretold import Foretold
from cf525.servers.library import Given
from cf525.servers.question import Question
from cf525.servers.registry import KINDS
from tests.lint.door_trees import AT_ONCE, early
from tests.lint.trees import foretold, healed, laid_out
from tests.oracle.origins import HOST

ISSUED = Authority().issue(HOST)
PEM = (ISSUED.chain_pem + ISSUED.key_pem).decode()


@pytest.mark.parametrize("name", AT_ONCE)
def test_a_name_that_is_looked_for_at_once_mostly_meets_the_default_backend(
    name: str, tmp_path: Path
) -> None:
    case = early(name, *AT_ONCE[name])
    laid_out(case, tmp_path, 4443)
    report = foretold(case, tmp_path / "haproxy.cfg", 4443, "strict")

    assert (report.edge_status, report.confidence) == ("526", Confidence.MEDIUM)
    finding = report.headline_finding
    assert finding is not None
    assert finding.id == "default-vhost-cert"
    assert "use_backend" in finding.places[0].text
    assert "looks for the name at once" in finding.evidence[0].text


def test_the_delay_and_a_rule_are_what_is_put_in(tmp_path: Path) -> None:
    case = early("no delay", *AT_ONCE["no delay"])
    laid_out(case, tmp_path, 4443)
    main = tmp_path / "haproxy.cfg"

    assert healed(foretold(case, main, 4443, "strict"))
    assert "inspect-delay 5s" in main.read_text()
    assert foretold(case, main, 4443, "strict").edge_status == "ok"


def haproxy(*rules: str, bind: str = ":443 ssl crt /a.pem") -> Foretold:
    """What the edge meets at a frontend with such rules."""
    lines = "".join(f"  {each}\n" for each in rules)
    text = f"frontend fe\n  mode http\n  bind {bind}\n{lines}"
    library = Given({"/h": text, "/a.pem": PEM})
    return KINDS["haproxy"].judge(library, ("/h",), Question(host=HOST))


@pytest.mark.parametrize(
    "rules",
    [
        ("tcp-request connection reject if !{ src 10.0.0.0/8 }",),
        ("acl own src 10.0.0.0/8 192.168.0.0/16", "tcp-request connection reject unless own"),
        (
            "tcp-request connection accept if { src 10.0.0.0/8 }",
            "tcp-request connection silent-drop if { src 0.0.0.0/0 }",
        ),
    ],
)
def test_a_rule_that_lets_only_other_addresses_in_is_likely_a_525(rules: tuple[str, ...]) -> None:
    fault = haproxy(*rules).decisive
    assert fault is not None
    assert (fault.cause, fault.status) == ("cf-ips-firewalled", "525")
    assert fault.confidence is Confidence.MEDIUM
    assert "tcp-request" in fault.places[0].text


def test_a_rule_for_some_of_the_edges_addresses_is_a_doubt() -> None:
    found = haproxy("tcp-request connection reject if { src 172.64.0.0/13 }")
    assert found.decisive is None
    assert any("172.64.0.0/13" in each for each in found.doubts)


def test_behind_a_header_the_address_is_not_the_edges() -> None:
    found = haproxy(
        "tcp-request connection reject if !{ src 10.0.0.0/8 }",
        bind=":443 ssl crt /a.pem accept-proxy",
    )
    assert found.decisive is not None
    assert found.decisive.cause == "proxy-protocol-expected"


def test_cloudflares_own_list_lets_the_edge_in() -> None:
    ranges = "".join(f" allow {each};" for each in CLOUDFLARE)
    text = (
        f"events {{}}\nhttp {{ server {{ listen 443 ssl; server_name {HOST};{ranges} deny all; "
        "ssl_certificate /a.pem; ssl_certificate_key /a.key; } }\n"
    )
    library = Given({"/n": text, "/a.pem": PEM, "/a.key": ""})
    found = KINDS["nginx"].judge(library, ("/n",), Question(host=HOST))
    assert found.decisive is None
    assert found.doubts == ()


UNIX = """load_module ngx_stream_module.so;
events {{}}
stream {{
  map $ssl_preread_server_name $up {{ www.example.com unix:/run/w.sock; default unix:/run/n.sock; }}
  server {{ listen 443; ssl_preread on; proxy_protocol {sent}; proxy_pass $up; }}
}}
http {{
  server {{
    listen unix:/run/{name}.sock ssl {read}; server_name www.example.com;
    ssl_certificate /a.pem; ssl_certificate_key /a.key;
  }}
}}
"""


def unix(*, sent: str = "on", read: str = "proxy_protocol", name: str = "w") -> Foretold:
    text = UNIX.format(sent=sent, read=read, name=name)
    library = Given({"/n": text, "/a.pem": PEM, "/a.key": ""})
    return KINDS["nginx"].judge(library, ("/n",), Question(host=HOST))


def test_a_socket_of_the_file_system_is_a_way_in_like_any_other() -> None:
    found = unix()
    assert found.told
    assert found.chain is not None
    assert found.decisive is None


@pytest.mark.parametrize(("sent", "read"), [("on", ""), ("off", "proxy_protocol")])
def test_the_header_of_such_a_socket_is_minded(sent: str, read: str) -> None:
    fault = unix(sent=sent, read=read).decisive
    assert fault is not None
    assert fault.cause == "proxy-protocol-expected"


def test_a_socket_of_another_program_leaves_the_answer_open() -> None:
    found = unix(name="other")
    assert not found.told
    assert "unix:/run/w.sock" in found.doubts[0]

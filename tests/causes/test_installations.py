"""Who answers, known from an installation as it is shipped, and what is not known from one."""

from dataclasses import replace

import pytest

from cf525.causes.families import inspection
from cf525.causes.families.names import default_vhost
from cf525.causes.signs.server import Source, default_of, fallback_software, guesses, platforms
from cf525.causes.signs.table import kin_of, known_platforms, lenders_of, named, signs
from cf525.model import Defect, DefectClass, HttpAnswer, ServerHello
from tests.causes.installations import NOTHING, SHIPPED, Installed, certificate
from tests.causes.test_recognition import answering


@pytest.mark.parametrize("seen", SHIPPED, ids=lambda each: f"{each.name} {each.subject}"[:60])
def test_an_installation_is_known_as_it_is_shipped(seen: Installed) -> None:
    (first, *_) = guesses(seen.case())
    assert first.platform == seen.name
    assert first.ground


@pytest.mark.parametrize("seen", NOTHING, ids=lambda each: f"{each.subject}{each.headers}"[:60])
def test_what_tells_nothing_is_not_recognised(seen: Installed) -> None:
    assert guesses(seen.case()) == ()


def test_enough_installations_are_known() -> None:
    assert len(SHIPPED) >= 60
    assert len({each.name for each in SHIPPED}) >= 45


def test_a_platforms_own_domain_weighs_more_than_a_banner() -> None:
    seen = Installed(
        "", "CN=*.azurewebsites.net", names=("*.azurewebsites.net",),
        headers={"server": "Microsoft-IIS/10.0"},
    )  # fmt: skip
    assert [each.platform for each in guesses(seen.case())] == ["Azure", "IIS"]
    assert [each.source for each in guesses(seen.case())] == [Source.DOMAIN, Source.BANNER]


def test_what_made_the_handshake_comes_before_what_answers_behind_it() -> None:
    behind = answering(server="nginx/1.22.1")
    assert behind.edge is not None
    hello = ServerHello(version=0x0303, suite=0xC02F, extensions=(35, 65281, 11))
    case = replace(behind, edge=replace(behind.edge, server_hello=hello))
    assert [each.platform for each in guesses(case)] == ["Go", "nginx"]
    caddy = answering(server="Caddy")
    assert caddy.edge is not None
    case = replace(caddy, edge=replace(caddy.edge, server_hello=hello))
    assert [each.platform for each in guesses(case)] == ["Caddy", "Go"]


def test_the_remedies_of_what_it_is_built_on_come_next() -> None:
    case = Installed("", "CN=coolify.local").case()
    assert platforms(case) == ("Coolify", "Traefik", "Caddy")
    assert kin_of("Tomcat") == ("Java",)
    assert kin_of("ingress-nginx") == ("Kubernetes", "nginx")
    assert kin_of("quill") == ()


def test_kin_and_names_of_the_table_hold_together() -> None:
    names = known_platforms()
    for each in names.values():
        assert set(each.kin) <= set(names)
        if not each.unnamed:
            assert named(each.name) == each.name
        for other in each.also:
            assert named(other) == each.name
    for kind in ("subject", "issuer", "issuer_default", "banner", "added", "page", "plain"):
        assert signs(kind)


def test_a_vendor_counts_as_an_inspector_where_it_signs_and_not_where_it_lives() -> None:
    shipped = next(each for each in SHIPPED if "ESX Server" in each.subject)
    assert inspection.inspected(shipped.case()) is None
    located = Installed("", "CN=www.example.com", "C=US; L=Palo Alto; O=VMware, Inc; CN=CA")
    assert inspection.inspected(located.case()) is None
    box = Installed("", "CN=www.example.com", "O=Palo Alto Networks; CN=Decryption CA")
    assert inspection.inspected(box.case()) is not None


def test_the_default_certificate_names_the_software_and_a_distribution_is_none() -> None:
    assert fallback_software(certificate("CN=localhost")) == "a distribution"
    triple = certificate("O=localhost; OU=localhost; CN=localhost")
    assert fallback_software(triple) == "Nginx Proxy Manager"
    real = certificate("CN=www.example.com", "O=cPanel, LLC; CN=cPanel, LLC CA")
    assert fallback_software(real) == ""
    assert HttpAnswer(status=200).header("server") is None


def test_a_device_that_answers_in_the_web_servers_place_is_said_to_be_one() -> None:
    box = next(each for each in SHIPPED if each.subject == "CN=fritz.box").case()
    assert box.verdict is not None
    mismatch = Defect(code="hostname_mismatch", kind=DefectClass.REJECTED, index=0, text="x.")
    match = default_vhost(replace(box, verdict=replace(box.verdict, defects=(mismatch,))))
    assert match is not None
    assert any("a device with a page of its own" in each.text for each in match.evidence)
    assert match.facts["software"] == "FRITZ!Box"


def test_a_firewalls_own_page_is_not_taken_for_inspection_on_the_way() -> None:
    mismatch = Defect(code="hostname_mismatch", kind=DefectClass.REJECTED, index=0, text="x.")
    box = next(each for each in SHIPPED if each.name == "Sophos").case()
    assert box.verdict is not None
    own = replace(box, verdict=replace(box.verdict, defects=(mismatch,)))
    assert inspection.inspected(own) is None
    minted = Installed("", "CN=www.example.com", "O=Sophos; CN=Sophos SSL CA").case()
    assert inspection.inspected(minted) is not None


def test_a_certificate_that_a_trusted_ca_signed_is_nobodys_default() -> None:
    bought = next(each for each in NOTHING if each.anchor)
    assert default_of(bought.case()) == ""
    assert default_of(replace(bought, anchor=None).case()) == "FortiGate"


def test_a_library_lends_its_lines_to_nothing_that_is_built_on_it() -> None:
    assert "Go" in kin_of("Traefik")
    assert "Go" not in lenders_of("Traefik")
    hello = ServerHello(version=0x0303, suite=0xC02F, extensions=(35, 65281, 11))
    caddy = answering(server="Caddy")
    assert caddy.edge is not None
    case = replace(caddy, edge=replace(caddy.edge, server_hello=hello))
    assert platforms(case) == ("Caddy",)
    bare = answering(server="")
    assert bare.edge is not None
    assert platforms(replace(bare, edge=replace(bare.edge, server_hello=hello))) == ("Go",)


@pytest.mark.parametrize(
    ("subject", "platform"),
    [
        ("O=Quill Electronics AB; CN=quill-4711", ""),
        ("O=Quill Electronics AB; CN=www.quill.example", "nginx"),  # a site of the company's own
        ("O=Internet Widgits Pty Ltd; CN=box", "nginx"),  # filled in by OpenSSL
        ("O=Company, Inc.; CN=localhost", "nginx"),  # and by people
        ("O=My Company Name Ltd.; CN=localhost", "nginx"),
        ("O=Acme Co; CN=localhost", "nginx"),
        ("O=Quill; CN=quill-4711", "nginx"),
    ],
)
def test_behind_an_unknown_makers_own_certificate_a_banner_tells_nothing(
    subject: str, platform: str
) -> None:
    case = Installed("", subject, headers={"server": "nginx"}).case()
    assert [each.platform for each in guesses(case)] == ([platform] if platform else [])


@pytest.mark.parametrize("header", ["kbn-name", "x-elastic-product", "osd-name", "x-feserver"])
def test_what_an_application_says_of_itself_names_no_terminator_before_it(header: str) -> None:
    behind = Installed("", headers={"server": "nginx", header: "wazuh"}).case()
    assert guesses(behind)[0].platform == "nginx"
    bare = Installed("", headers={header: "wazuh"}).case()
    assert guesses(bare)[0].platform in known_platforms()
    assert guesses(bare)[0].source is Source.PAGE

"""Forged chains with the codes they must give: paths, anchors, validity, names, signatures.

The fields of single certificates are in ``cases_fields``.
"""

from dataclasses import dataclass
from datetime import timedelta

from tests.pki import forge
from tests.pki.forge import (
    AT,
    HOST,
    INTERMEDIATE_DER,
    LEAF_DER,
    ROOT_DER,
    SERVER,
    aki,
    basic,
    intermediate,
    key,
    key_id,
    leaf,
    leaf_extensions,
    name,
    purposes,
    rdn,
    root,
    san,
    ski,
    usage,
    utc,
)

EARLIER = utc(AT - timedelta(days=1))
LATER = utc(AT + timedelta(days=1))


@dataclass(frozen=True)
class Case:
    """``codes`` are all codes but advice; ``advice`` those of advice."""

    title: str
    sent: tuple[bytes, ...]
    codes: str = ""
    advice: str = ""
    anchors: tuple[bytes, ...] = (ROOT_DER,)
    names: tuple[str, ...] = (HOST,)
    tls_version: int | None = None
    signs: bool = True


def with_leaf(title: str, codes: str = "", advice: str = "", **changes: object) -> Case:
    return Case(title, (leaf(**changes), INTERMEDIATE_DER), codes, advice)


def with_ca(title: str, codes: str = "", advice: str = "", **changes: object) -> Case:
    return Case(title, (LEAF_DER, intermediate(**changes)), codes, advice)


def ca_extensions(*changed: bytes, without: int | None = None) -> list[bytes]:
    usual = [
        basic(),
        usage("cert", "crl"),
        ski(key_id(key("intermediate"))),
        aki(key_id(key("root"))),
    ]
    return [each for place, each in enumerate(usual) if place != without] + list(changed)


SELF = forge.Plan(
    subject=name(HOST),
    issuer=name(HOST),
    private=key("leaf"),
    signer=key("leaf"),
    extensions=[basic(ca=False), purposes(SERVER), san(HOST)],
).build()
SELF_NO_CERT_SIGN = forge.Plan(
    subject=name(HOST),
    issuer=name(HOST),
    private=key("leaf"),
    signer=key("leaf"),
    extensions=leaf_extensions(aki=None),
).build()
ACME = rdn("2.5.4.10", "Acme")
ACME_ROOT = root(subject=name("Acme Root", ACME), issuer=name("Acme Root", ACME))
OF_ACME = leaf(issuer=name("Acme Issuing CA 2", ACME))
LEAF_OF_2 = leaf(issuer=name("Acme Issuing CA 2", ACME))
OF_ANOTHER_ISSUER = intermediate(
    subject=name("Acme Issuing CA 2", ACME), issuer=name("Acme R3", ACME)
)
OF_ANOTHER_ROOT = leaf(issuer=name("Acme Internal Root", ACME))
OF_NOBODY = leaf(issuer=name("Issuing CA 2", rdn("2.5.4.10", "Acme Labs")))
LAST_YEARS = intermediate(subject=name("Acme Issuing CA 1", ACME), issuer=name("Acme Root", ACME))
REHEARSED = leaf(
    issuer=name("(STAGING) Wannabe Watercress R11"),
    extensions=[*leaf_extensions(), forge.logged(), forge.aia("http://stg-r11.example/")],
)
OTHER_ROOT = root(subject=name("Other Root"), issuer=name("Other Root"), private=key("other"))
EXPIRED_CA = intermediate(not_after=EARLIER)
WRONG_KEY_CA = intermediate(private=key("wrong"), extensions=ca_extensions(without=2))

PATHS: tuple[Case, ...] = (
    Case("a sound chain", (LEAF_DER, INTERMEDIATE_DER)),
    Case(
        "a sound chain with its root", (LEAF_DER, INTERMEDIATE_DER, ROOT_DER), "", "root_included"
    ),
    with_leaf("an expired leaf", "expired", not_after=EARLIER),
    with_leaf("a leaf of tomorrow", "not_yet_valid", not_before=LATER),
    with_leaf("a leaf that ends at this second", "expired", not_after=utc(AT)),
    with_leaf("a leaf that begins at this second", "", not_before=utc(AT)),
    with_leaf("a leaf near its end", "", "expires_soon", not_after=LATER),
    with_leaf("a 47-day leaf on its 30th day", "", "", not_after=utc(AT + timedelta(days=17))),
    with_leaf(
        "a 47-day leaf on its 40th day",
        "",
        "expires_soon",
        not_before=utc(AT - timedelta(days=40)),
        not_after=utc(AT + timedelta(days=7)),
    ),
    with_leaf(
        "a six-day leaf on its second day",
        not_before=utc(AT - timedelta(days=2)),
        not_after=utc(AT + timedelta(days=4)),
    ),
    with_leaf("a leaf valid to 9999", not_after=forge.tlv(0x18, b"99991231235959Z")),
    with_ca("an expired intermediate", "expired_ca", not_after=EARLIER),
    Case("the expired copy first", (LEAF_DER, EXPIRED_CA, INTERMEDIATE_DER), "expired_ca"),
    Case("the expired copy last", (LEAF_DER, INTERMEDIATE_DER, EXPIRED_CA)),
    Case(
        "an expired root",
        (LEAF_DER, INTERMEDIATE_DER),
        "expired_ca",
        anchors=(root(not_after=EARLIER),),
    ),
    Case(
        "expired root first of two",
        (LEAF_DER, INTERMEDIATE_DER),
        "expired_ca",
        anchors=(root(not_after=EARLIER), ROOT_DER),
    ),
    Case(
        "expired root last of two",
        (LEAF_DER, INTERMEDIATE_DER),
        anchors=(ROOT_DER, root(not_after=EARLIER)),
    ),
    Case("the leaf alone", (LEAF_DER,), "untrusted_issuer"),
    Case(
        "the leaf of a public CA alone",
        (leaf(extensions=[*leaf_extensions(), forge.logged()]),),
        "missing_intermediate",
    ),
    Case(
        "the leaf alone with caIssuers",
        (leaf(extensions=[*leaf_extensions(), forge.aia("http://ca.example/i.crt")]),),
        "missing_intermediate",
    ),
    Case(
        "the leaf of a trusted root's organization",
        (OF_ACME,),
        "missing_intermediate",
        anchors=(ACME_ROOT,),
    ),
    Case(
        "the intermediate of a trusted root's organization, without the next",
        (LEAF_OF_2, OF_ANOTHER_ISSUER),
        "missing_intermediate",
        anchors=(ACME_ROOT,),
    ),
    Case(
        "the leaf of an organization's other root",
        (OF_ANOTHER_ROOT,),
        "untrusted_issuer",
        anchors=(ACME_ROOT,),
    ),
    Case(
        "the leaf of an organization that no root bears",
        (OF_NOBODY,),
        "untrusted_issuer",
        anchors=(ACME_ROOT,),
    ),
    Case(
        "the intermediate of last year",
        (OF_ACME, LAST_YEARS),
        "missing_intermediate",
        anchors=(ACME_ROOT,),
    ),
    Case("of a rehearsal, leaf alone", (REHEARSED,), "untrusted_issuer"),
    Case(
        "an unknown root",
        (LEAF_DER, INTERMEDIATE_DER, ROOT_DER),
        "untrusted_root",
        anchors=(OTHER_ROOT,),
    ),
    Case(
        "an unknown root that was not sent",
        (LEAF_DER, INTERMEDIATE_DER),
        "untrusted_issuer",
        anchors=(OTHER_ROOT,),
    ),
    Case(
        "an intermediate with caIssuers and no issuer",
        (LEAF_DER, intermediate(extensions=ca_extensions(forge.aia("http://ca.example/i.crt")))),
        "missing_intermediate",
        anchors=(OTHER_ROOT,),
    ),
    Case(
        "only the intermediate is stored",
        (LEAF_DER,),
        "anchor_not_root",
        anchors=(INTERMEDIATE_DER,),
    ),
    Case("intermediate and root are stored", (LEAF_DER,), anchors=(INTERMEDIATE_DER, ROOT_DER)),
    Case("a self-signed leaf", (SELF,), "self_signed"),
    Case("a self-signed leaf that is trusted", (SELF,), anchors=(SELF,)),
    Case("a self-signed leaf that may not sign", (SELF_NO_CERT_SIGN,), "self_signed"),
    Case("the same, stored", (SELF_NO_CERT_SIGN,), "self_signed", anchors=(SELF_NO_CERT_SIGN,)),
    Case("reversed order", (ROOT_DER, INTERMEDIATE_DER, LEAF_DER), "leaf_not_first"),
    Case("intermediate before leaf", (INTERMEDIATE_DER, LEAF_DER), "leaf_not_first"),
    Case("a duplicate", (LEAF_DER, INTERMEDIATE_DER, INTERMEDIATE_DER), "", "duplicate"),
    Case(
        "a stranger in the chain",
        (LEAF_DER, leaf(subject=name("b"), private=key("b")), INTERMEDIATE_DER),
        "",
        "extra_cert",
    ),
    Case(
        "intermediates in the wrong order",
        (
            leaf(
                issuer=name("Sub"),
                signer=key("sub"),
                extensions=leaf_extensions(aki=aki(key_id(key("sub")))),
            ),
            INTERMEDIATE_DER,
            intermediate(
                subject=name("Sub"),
                issuer=forge.INTERMEDIATE,
                private=key("sub"),
                signer=key("intermediate"),
                extensions=[basic(), usage("cert"), ski(key_id(key("sub")))],
            ),
        ),
        "",
        "wrong_order",
    ),
    Case("no certificate", (), "no_certificate"),
    Case("another host", (LEAF_DER, INTERMEDIATE_DER), "hostname_mismatch", names=("a.example",)),
    Case("the CNAME target fits", (LEAF_DER, INTERMEDIATE_DER), names=("a.example", HOST)),
    Case("no names to check", (LEAF_DER, INTERMEDIATE_DER), names=()),
    with_leaf("the name in the CN only", "", "cn_only", extensions=leaf_extensions(san=None)),
    with_leaf(
        "an address as SAN and the name as CN",
        "hostname_mismatch",
        extensions=leaf_extensions(san=san(forge.ip(bytes(4)))),
    ),
    with_leaf("a damaged signature", "bad_signature", damage=True),
    with_ca("a damaged intermediate", "bad_signature", damage=True),
    with_leaf("two signature algorithms", "bad_signature", outer_algorithm=forge.RSA_SHA256),
    Case("the wrong key first", (LEAF_DER, WRONG_KEY_CA, INTERMEDIATE_DER), "issuer_key_mismatch"),
    Case("the wrong key alone", (LEAF_DER, WRONG_KEY_CA), "bad_signature"),
    Case(
        "a key identifier that does not fit",
        (leaf(extensions=leaf_extensions(aki=aki(b"no such key"))), INTERMEDIATE_DER),
        "issuer_candidate_rejected",
    ),
    with_leaf(
        "an issuer serial that does not fit",
        "issuer_candidate_rejected",
        extensions=leaf_extensions(aki=aki(None, forge.tlv(0x82, b"\x77"))),
    ),
    with_ca(
        "an intermediate without keyCertSign",
        "ca_no_certsign",
        extensions=[basic(), usage("crl"), ski(key_id(key("intermediate")))],
    ),
    with_ca(
        "an intermediate with CA:FALSE",
        "issuer_not_ca",
        extensions=[basic(ca=False), ski(key_id(key("intermediate")))],
    ),
    with_ca(
        "an intermediate without basicConstraints",
        "issuer_not_ca",
        extensions=[ski(key_id(key("intermediate")))],
    ),
    with_ca("a version 1 intermediate", "issuer_not_ca", version=None, extensions=None),
)

"""What is said of certificate files that are no PEM: who loads them, and how what is missing comes
into one that holds its chain, which no text editor can put there.
"""

import shlex
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from cf525.model import Finding, Remedy, Shell, Unknown, Words

PKCS12: Final = "PKCS#12"
_TO_PEM: Final = {
    "PKCS#7": "openssl pkcs7 -print_certs -in",
    PKCS12: "openssl pkcs12 -nodes -in",
    "DER": "openssl x509 -inform DER -in",
}
_PACK: Final = (
    "openssl pkcs12 -export -in leaf.pem -inkey leaf.key -certfile intermediate.pem -out mended.pfx"
)


def no_pem(name: str, form: str) -> Unknown:
    """Who loads a file that is no PEM. Source: what nginx and HAProxy say of one ("no start line"),
    observed; their and Apache's documentation names PEM alone."""
    return Unknown(
        id="file-form",
        text=f"The file is {form}: nginx, Apache, HAProxy and Caddy read PEM alone. For these: "
        f"{_TO_PEM[form]} {shlex.quote(name)} -out fullchain.pem",
        next="Write it anew as PEM for these servers.",
    )


def packed_anew(finding: Finding, forms: Mapping[str, str]) -> Finding:
    """The finding of a chain that is not whole, in a PKCS#12 file: it is packed anew with the
    intermediate."""
    name = next((each for each, form in forms.items() if form == PKCS12), "")
    if finding.id != "incomplete-chain" or not name.isprintable() or not name:
        return finding
    file = shlex.quote(name)
    words = (
        "Pack the file anew with the intermediate in it (intermediate.pem, from where the "
        "certificate was issued), and import that one: "
        "a file of this form is read as a whole by IIS, Azure, Tomcat and Java."
    )
    commands = (
        f"openssl pkcs12 -in {file} -clcerts -nokeys -out leaf.pem",
        f"openssl pkcs12 -in {file} -nocerts -nodes -out leaf.key",
        _PACK,
        "rm leaf.key",
    )
    fix = Remedy(
        where="origin", platform="any", parts=(Words(text=words), Shell(commands=commands))
    )
    return replace(finding, remedies=(fix, *(each for each in finding.remedies if each.stop_gap)))

"""IANA code points of TLS, by the names the registries use.

Pure data for every layer: the wire codec, the edge's profile, the causes and the reports all
speak of code points through this one table. An unknown code point formats as itself; nothing
here raises on a value a server made up.

Sources: IANA "TLS Parameters" and "TLS ExtensionType Values" registries, RFC 8446, RFC 5246,
RFC 6101 and draft-ietf-tls-ecdhe-mlkem.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

SSL3: Final = 0x0300
TLS10: Final = 0x0301
TLS11: Final = 0x0302
TLS12: Final = 0x0303
TLS13: Final = 0x0304

VERSIONS: Final[Mapping[int, str]] = {
    0x0002: "SSLv2",
    SSL3: "SSLv3",
    TLS10: "TLS 1.0",
    TLS11: "TLS 1.1",
    TLS12: "TLS 1.2",
    TLS13: "TLS 1.3",
}


class AlertCode(IntEnum):
    """The alerts of TLS, by the names of RFC 8446 section 6 and the registry."""

    CLOSE_NOTIFY = 0
    UNEXPECTED_MESSAGE = 10
    BAD_RECORD_MAC = 20
    DECRYPTION_FAILED = 21
    RECORD_OVERFLOW = 22
    DECOMPRESSION_FAILURE = 30
    HANDSHAKE_FAILURE = 40
    NO_CERTIFICATE = 41
    BAD_CERTIFICATE = 42
    UNSUPPORTED_CERTIFICATE = 43
    CERTIFICATE_REVOKED = 44
    CERTIFICATE_EXPIRED = 45
    CERTIFICATE_UNKNOWN = 46
    ILLEGAL_PARAMETER = 47
    UNKNOWN_CA = 48
    ACCESS_DENIED = 49
    DECODE_ERROR = 50
    DECRYPT_ERROR = 51
    EXPORT_RESTRICTION = 60
    PROTOCOL_VERSION = 70
    INSUFFICIENT_SECURITY = 71
    INTERNAL_ERROR = 80
    INAPPROPRIATE_FALLBACK = 86
    USER_CANCELED = 90
    NO_RENEGOTIATION = 100
    MISSING_EXTENSION = 109
    UNSUPPORTED_EXTENSION = 110
    CERTIFICATE_UNOBTAINABLE = 111
    UNRECOGNIZED_NAME = 112
    BAD_CERTIFICATE_STATUS_RESPONSE = 113
    BAD_CERTIFICATE_HASH_VALUE = 114
    UNKNOWN_PSK_IDENTITY = 115
    CERTIFICATE_REQUIRED = 116
    NO_APPLICATION_PROTOCOL = 120
    ECH_REQUIRED = 121


ALERTS: Final[Mapping[int, str]] = {code.value: code.name.lower() for code in AlertCode}

X25519MLKEM768: Final = 0x11EC
X25519: Final = 0x001D
P256: Final = 0x0017
P384: Final = 0x0018
P521: Final = 0x0019

GROUPS: Final[Mapping[int, str]] = {
    1: "sect163k1",
    19: "secp192r1",
    21: "secp224r1",
    22: "secp256k1",
    23: "P-256",
    24: "P-384",
    25: "P-521",
    26: "brainpoolP256r1",
    27: "brainpoolP384r1",
    28: "brainpoolP512r1",
    29: "X25519",
    30: "X448",
    31: "brainpoolP256r1tls13",
    32: "brainpoolP384r1tls13",
    33: "brainpoolP512r1tls13",
    256: "ffdhe2048",
    257: "ffdhe3072",
    258: "ffdhe4096",
    259: "ffdhe6144",
    260: "ffdhe8192",
    0x0200: "MLKEM512",
    0x0201: "MLKEM768",
    0x0202: "MLKEM1024",
    0x11EB: "SecP256r1MLKEM768",
    0x11EC: "X25519MLKEM768",
    0x11ED: "SecP384r1MLKEM1024",
    0x6399: "X25519Kyber768Draft00",
}

SIGNATURE_SCHEMES: Final[Mapping[int, str]] = {
    0x0101: "rsa_pkcs1_md5",
    0x0201: "rsa_pkcs1_sha1",
    0x0202: "dsa_sha1",
    0x0203: "ecdsa_sha1",
    0x0301: "rsa_pkcs1_sha224",
    0x0303: "ecdsa_sha224",
    0x0401: "rsa_pkcs1_sha256",
    0x0402: "dsa_sha256",
    0x0403: "ecdsa_secp256r1_sha256",
    0x0501: "rsa_pkcs1_sha384",
    0x0503: "ecdsa_secp384r1_sha384",
    0x0601: "rsa_pkcs1_sha512",
    0x0603: "ecdsa_secp521r1_sha512",
    0x0804: "rsa_pss_rsae_sha256",
    0x0805: "rsa_pss_rsae_sha384",
    0x0806: "rsa_pss_rsae_sha512",
    0x0807: "ed25519",
    0x0808: "ed448",
    0x0809: "rsa_pss_pss_sha256",
    0x080A: "rsa_pss_pss_sha384",
    0x080B: "rsa_pss_pss_sha512",
    0x0904: "mldsa44",
    0x0905: "mldsa65",
    0x0906: "mldsa87",
}

EXTENSIONS: Final[Mapping[int, str]] = {
    0: "server_name",
    1: "max_fragment_length",
    5: "status_request",
    10: "supported_groups",
    11: "ec_point_formats",
    13: "signature_algorithms",
    15: "heartbeat",
    16: "application_layer_protocol_negotiation",
    18: "signed_certificate_timestamp",
    20: "server_certificate_type",
    21: "padding",
    22: "encrypt_then_mac",
    23: "extended_master_secret",
    27: "compress_certificate",
    35: "session_ticket",
    41: "pre_shared_key",
    42: "early_data",
    43: "supported_versions",
    44: "cookie",
    45: "psk_key_exchange_modes",
    47: "certificate_authorities",
    49: "post_handshake_auth",
    50: "signature_algorithms_cert",
    51: "key_share",
    13172: "next_protocol_negotiation",
    17513: "application_settings",
    0xFE0D: "encrypted_client_hello",
    0xFF01: "renegotiation_info",
}

HANDSHAKE_TYPES: Final[Mapping[int, str]] = {
    0: "HelloRequest",
    1: "ClientHello",
    2: "ServerHello",
    4: "NewSessionTicket",
    8: "EncryptedExtensions",
    11: "Certificate",
    12: "ServerKeyExchange",
    13: "CertificateRequest",
    14: "ServerHelloDone",
    15: "CertificateVerify",
    16: "ClientKeyExchange",
    20: "Finished",
    22: "CertificateStatus",
    24: "KeyUpdate",
    25: "CompressedCertificate",
}

SUITES: Final[Mapping[int, str]] = {
    0x0001: "NULL-MD5",
    0x0002: "NULL-SHA",
    0x0004: "RC4-MD5",
    0x0005: "RC4-SHA",
    0x0007: "IDEA-CBC-SHA",
    0x0009: "DES-CBC-SHA",
    0x000A: "DES-CBC3-SHA",
    0x0013: "DHE-DSS-DES-CBC3-SHA",
    0x0015: "DHE-RSA-DES-CBC-SHA",
    0x0016: "DHE-RSA-DES-CBC3-SHA",
    0x0018: "ADH-RC4-MD5",
    0x001B: "ADH-DES-CBC3-SHA",
    0x002F: "AES128-SHA",
    0x0032: "DHE-DSS-AES128-SHA",
    0x0033: "DHE-RSA-AES128-SHA",
    0x0034: "ADH-AES128-SHA",
    0x0035: "AES256-SHA",
    0x0038: "DHE-DSS-AES256-SHA",
    0x0039: "DHE-RSA-AES256-SHA",
    0x003A: "ADH-AES256-SHA",
    0x003B: "NULL-SHA256",
    0x003C: "AES128-SHA256",
    0x003D: "AES256-SHA256",
    0x0040: "DHE-DSS-AES128-SHA256",
    0x0041: "CAMELLIA128-SHA",
    0x0044: "DHE-DSS-CAMELLIA128-SHA",
    0x0045: "DHE-RSA-CAMELLIA128-SHA",
    0x0046: "ADH-CAMELLIA128-SHA",
    0x0067: "DHE-RSA-AES128-SHA256",
    0x006A: "DHE-DSS-AES256-SHA256",
    0x006B: "DHE-RSA-AES256-SHA256",
    0x0084: "CAMELLIA256-SHA",
    0x0087: "DHE-DSS-CAMELLIA256-SHA",
    0x0088: "DHE-RSA-CAMELLIA256-SHA",
    0x0089: "ADH-CAMELLIA256-SHA",
    0x0096: "SEED-SHA",
    0x0099: "DHE-DSS-SEED-SHA",
    0x009A: "DHE-RSA-SEED-SHA",
    0x009C: "AES128-GCM-SHA256",
    0x009D: "AES256-GCM-SHA384",
    0x009E: "DHE-RSA-AES128-GCM-SHA256",
    0x009F: "DHE-RSA-AES256-GCM-SHA384",
    0x00A2: "DHE-DSS-AES128-GCM-SHA256",
    0x00A3: "DHE-DSS-AES256-GCM-SHA384",
    0x00BA: "CAMELLIA128-SHA256",
    0x00BD: "DHE-DSS-CAMELLIA128-SHA256",
    0x00BE: "DHE-RSA-CAMELLIA128-SHA256",
    0x00C0: "CAMELLIA256-SHA256",
    0x00C3: "DHE-DSS-CAMELLIA256-SHA256",
    0x00C4: "DHE-RSA-CAMELLIA256-SHA256",
    0x00FF: "TLS_EMPTY_RENEGOTIATION_INFO_SCSV",
    0x1301: "TLS_AES_128_GCM_SHA256",
    0x1302: "TLS_AES_256_GCM_SHA384",
    0x1303: "TLS_CHACHA20_POLY1305_SHA256",
    0x1304: "TLS_AES_128_CCM_SHA256",
    0x1305: "TLS_AES_128_CCM_8_SHA256",
    0x5600: "TLS_FALLBACK_SCSV",
    0xC006: "ECDHE-ECDSA-NULL-SHA",
    0xC007: "ECDHE-ECDSA-RC4-SHA",
    0xC008: "ECDHE-ECDSA-DES-CBC3-SHA",
    0xC009: "ECDHE-ECDSA-AES128-SHA",
    0xC00A: "ECDHE-ECDSA-AES256-SHA",
    0xC010: "ECDHE-RSA-NULL-SHA",
    0xC011: "ECDHE-RSA-RC4-SHA",
    0xC012: "ECDHE-RSA-DES-CBC3-SHA",
    0xC013: "ECDHE-RSA-AES128-SHA",
    0xC014: "ECDHE-RSA-AES256-SHA",
    0xC023: "ECDHE-ECDSA-AES128-SHA256",
    0xC024: "ECDHE-ECDSA-AES256-SHA384",
    0xC027: "ECDHE-RSA-AES128-SHA256",
    0xC028: "ECDHE-RSA-AES256-SHA384",
    0xC02B: "ECDHE-ECDSA-AES128-GCM-SHA256",
    0xC02C: "ECDHE-ECDSA-AES256-GCM-SHA384",
    0xC02F: "ECDHE-RSA-AES128-GCM-SHA256",
    0xC030: "ECDHE-RSA-AES256-GCM-SHA384",
    0xC050: "ARIA128-GCM-SHA256",
    0xC051: "ARIA256-GCM-SHA384",
    0xC052: "DHE-RSA-ARIA128-GCM-SHA256",
    0xC053: "DHE-RSA-ARIA256-GCM-SHA384",
    0xC05C: "ECDHE-ECDSA-ARIA128-GCM-SHA256",
    0xC05D: "ECDHE-ECDSA-ARIA256-GCM-SHA384",
    0xC060: "ECDHE-RSA-ARIA128-GCM-SHA256",
    0xC061: "ECDHE-RSA-ARIA256-GCM-SHA384",
    0xC072: "ECDHE-ECDSA-CAMELLIA128-SHA256",
    0xC073: "ECDHE-ECDSA-CAMELLIA256-SHA384",
    0xC076: "ECDHE-RSA-CAMELLIA128-SHA256",
    0xC077: "ECDHE-RSA-CAMELLIA256-SHA384",
    0xC07A: "CAMELLIA128-GCM-SHA256",
    0xC07B: "CAMELLIA256-GCM-SHA384",
    0xC07C: "DHE-RSA-CAMELLIA128-GCM-SHA256",
    0xC07D: "DHE-RSA-CAMELLIA256-GCM-SHA384",
    0xC086: "ECDHE-ECDSA-CAMELLIA128-GCM-SHA256",
    0xC087: "ECDHE-ECDSA-CAMELLIA256-GCM-SHA384",
    0xC08A: "ECDHE-RSA-CAMELLIA128-GCM-SHA256",
    0xC08B: "ECDHE-RSA-CAMELLIA256-GCM-SHA384",
    0xC09C: "AES128-CCM",
    0xC09D: "AES256-CCM",
    0xC09E: "DHE-RSA-AES128-CCM",
    0xC09F: "DHE-RSA-AES256-CCM",
    0xC0A0: "AES128-CCM8",
    0xC0A1: "AES256-CCM8",
    0xC0A2: "DHE-RSA-AES128-CCM8",
    0xC0A3: "DHE-RSA-AES256-CCM8",
    0xC0AC: "ECDHE-ECDSA-AES128-CCM",
    0xC0AD: "ECDHE-ECDSA-AES256-CCM",
    0xC0AE: "ECDHE-ECDSA-AES128-CCM8",
    0xC0AF: "ECDHE-ECDSA-AES256-CCM8",
    0xCCA8: "ECDHE-RSA-CHACHA20-POLY1305",
    0xCCA9: "ECDHE-ECDSA-CHACHA20-POLY1305",
    0xCCAA: "DHE-RSA-CHACHA20-POLY1305",
}


HTTP2_ERRORS: Final = dict(
    enumerate(
        (
            *("NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR"),
            *("SETTINGS_TIMEOUT", "STREAM_CLOSED", "FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL"),
            *("COMPRESSION_ERROR", "CONNECT_ERROR", "ENHANCE_YOUR_CALM", "INADEQUATE_SECURITY"),
            "HTTP_1_1_REQUIRED",
        )
    )
)
"""The error codes of RST_STREAM and GOAWAY (RFC 9113 section 7)."""
HTTP_1_1_REQUIRED: Final = 13


def _named(table: Mapping[int, str], code: int, width: int) -> str:
    return table.get(code, f"0x{code:0{width}x}")


def version_name(code: int) -> str:
    """'TLS 1.2' for 0x0303; the hexadecimal value for one the registry does not hold."""
    return _named(VERSIONS, code, 4)


def alert_name(code: int) -> str:
    """'handshake_failure' for 40; 'alert 200' for one the registry does not hold."""
    return ALERTS.get(code, "(unassigned)")


def group_name(code: int) -> str:
    """'X25519' for 29 (supported group, RFC 8446 section 4.2.7)."""
    return _named(GROUPS, code, 4)


def suite_name(code: int) -> str:
    """OpenSSL's name of a cipher suite, the one that stands in server configurations."""
    return _named(SUITES, code, 4)


def signature_scheme_name(code: int) -> str:
    """'rsa_pss_rsae_sha256' for 0x0804 (RFC 8446 section 4.2.3)."""
    return _named(SIGNATURE_SCHEMES, code, 4)


def extension_name(code: int) -> str:
    """'server_name' for 0."""
    return EXTENSIONS.get(code, f"extension {code}")


def handshake_type_name(code: int) -> str:
    """'ServerHello' for 2."""
    return HANDSHAKE_TYPES.get(code, f"handshake message {code}")


def http2_error_name(code: int) -> str:
    """'PROTOCOL_ERROR', or the number in hexadecimal when it is not known."""
    return _named(HTTP2_ERRORS, code, 8)

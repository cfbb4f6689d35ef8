"""nginx's words for TLS and listeners, as far as the checks of a configuration need them."""

from typing import Final

LISTEN: Final = frozenset(
    ("default_server", "default", "ssl", "http2", "spdy", "quic", "proxy_protocol", "deferred",
     "reuseport", "bind", "udp")
)  # fmt: skip
_OF_SSL: Final = (
    "alpn", "buffer_size", "certificate", "certificate_key", "ciphers",
    "client_certificate", "conf_command", "crl", "dhparam", "early_data", "ecdh_curve",
    "engine", "handshake_timeout", "ocsp", "ocsp_cache", "ocsp_responder", "password_file",
    "prefer_server_ciphers", "preread", "protocols", "reject_handshake", "session_cache",
    "session_ticket_key", "session_tickets", "session_timeout", "stapling", "stapling_file",
    "stapling_responder", "stapling_verify", "trusted_certificate", "verify_client",
    "verify_depth", "object_cache_inheritable", "certificate_cache",
    "certificate_compression", "key_log", "ct", "ct_static_scts", "dyn_rec_enable",
    "dyn_rec_timeout", "dyn_rec_size_lo", "dyn_rec_size_hi", "dyn_rec_threshold",
    "ech_file", "session_fetch_by_lua_block", "session_store_by_lua_block",
    "client_hello_by_lua_block",
)  # fmt: skip
ONCE: Final = (
    "ssl_ciphers", "ssl_session_timeout", "ssl_prefer_server_ciphers", "ssl_session_tickets",
    "ssl_ecdh_curve", "ssl_verify_client", "ssl_verify_depth", "ssl_client_certificate",
    "ssl_trusted_certificate", "ssl_stapling", "ssl_stapling_verify", "ssl_buffer_size",
    "ssl_early_data", "ssl_reject_handshake", "ssl_password_file", "ssl_dhparam", "ssl_crl",
    "root", "client_max_body_size", "resolver", "keepalive_timeout", "sendfile", "gzip",
    "server_tokens", "types_hash_max_size", "default_type", "user", "pid", "worker_processes",
)  # fmt: skip
"""Directives that a block may have once (measured with 1.22)."""
KNOWN: Final = frozenset(("ssl", *(f"ssl_{each}" for each in _OF_SSL)))

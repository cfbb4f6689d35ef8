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
OF_ONE: Final = frozenset(
    (
        *("ssl_certificate", "ssl_certificate_key", "ssl_trusted_certificate", "ssl_dhparam"),
        *(
            "ssl_client_certificate",
            "ssl_crl",
            "ssl_ciphers",
            "ssl_ecdh_curve",
            "ssl_verify_client",
        ),
        *("ssl_verify_depth", "ssl_session_timeout", "ssl_reject_handshake"),
    )
)
"""Directives of TLS that take one argument and no more."""
KNOWN: Final = frozenset(("ssl", *(f"ssl_{each}" for each in _OF_SSL)))

COMMON: Final = frozenset(
    ("server_name", "listen", "location", "return", "rewrite", "include", "proxy_pass",
     "proxy_set_header", "proxy_redirect", "proxy_http_version", "proxy_buffering",
     "proxy_read_timeout", "proxy_connect_timeout", "proxy_send_timeout", "try_files", "error_page",
     "access_log", "error_log", "add_header", "expires", "client_max_body_size", "fastcgi_pass",
     "fastcgi_param", "fastcgi_index", "uwsgi_pass", "upstream", "keepalive_timeout", "sendfile",
     "server_tokens", "default_type", "log_format", "gzip_types", "resolver", "autoindex",
     "auth_basic", "auth_basic_user_file", "limit_req", "limit_conn", "limit_rate", "stub_status",
     "set_real_ip_from", "real_ip_header", "worker_processes", "worker_connections", "tcp_nopush",
     "tcp_nodelay", "internal", "absolute_redirect", "port_in_redirect", "charset", "satisfy",
     "charset_map", "server", "events", "stream", "types_hash_max_size", "root", "index", "alias",
     "limit_rate_after", "open_file_cache", "http2_push", "proxy_bind", "proxy_cache", "mirror",
     "ssl_preread", "split_clients", "preread_timeout", "limit_except", "user_agent")
)  # fmt: skip
"""Directives that people write every day: one that is nearly such a word was mistyped."""
OPAQUE: Final = frozenset(("map", "geo", "types", "split_clients", "charset_map", "match"))
"""Blocks whose statements are no directives."""

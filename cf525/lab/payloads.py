"""The world's things in the shape Cloudflare's API gives them.

One function a thing, complete enough for the official SDK's strict validation. Which request
gets which payload is decided in ``cf525.lab.api``.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from cf525.lab.world import (
    Account,
    CustomHostname,
    LoadBalancer,
    Monitor,
    PageRule,
    Pool,
    Record,
    Rule,
    Tunnel,
    World,
    Zone,
    ident,
)

THEN = "2026-01-02T03:04:05.000000Z"


def zone(world: World, one: Zone) -> dict[str, Any]:
    account = world.account(one.account)
    return {
        "id": one.id,
        "name": one.name,
        "status": one.status,
        "paused": one.paused,
        "type": one.type,
        "development_mode": 0,
        "name_servers": ["ada.ns.cloudflare.com", "bob.ns.cloudflare.com"],
        "original_name_servers": None,
        "original_registrar": None,
        "original_dnshost": None,
        "created_on": THEN,
        "modified_on": THEN,
        "activated_on": THEN,
        "meta": {
            "cdn_only": False,
            "custom_certificate_quota": 0,
            "dns_only": False,
            "foundation_dns": False,
            "page_rule_quota": 3,
            "phishing_detected": False,
            "step": 4,
        },
        "owner": {"id": None, "type": "user", "name": None},
        "account": {"id": account.id, "name": account.name},
        "permissions": ["#zone:read", "#zone_settings:read"],
        "plan": {
            "id": ident("plan", one.plan),
            "name": one.plan,
            "price": 0,
            "currency": "USD",
            "frequency": "",
            "is_subscribed": False,
            "can_subscribe": False,
            "legacy_id": one.plan,
            "legacy_discount": False,
            "externally_managed": False,
        },
    }


def setting(one: Zone, name: str) -> dict[str, Any] | None:
    """A zone setting; None when there is no such one."""
    value = one.setting(name)
    if value is None:
        return None
    key = "enabled" if name == "auto_origin_tls_kex" else "value"
    if isinstance(value, tuple):
        value = list(value)
    return {"id": name, key: value, "editable": name not in one.fixed, "modified_on": THEN}


def record(one: Record) -> dict[str, Any]:
    return {
        "id": ident("record", one.type, one.name, one.content),
        "name": one.name,
        "type": one.type,
        "content": one.content,
        "proxiable": one.type in ("A", "AAAA", "CNAME"),
        "proxied": one.proxied,
        "ttl": 1,
        "settings": {},
        "meta": dict(one.meta),
        "comment": None,
        "tags": [],
        "created_on": THEN,
        "modified_on": THEN,
    }


def ruleset(one: Zone, phase: str, action: str, rules: Sequence[Rule]) -> dict[str, Any]:
    return {
        "id": ident("ruleset", one.name, phase),
        "name": "default",
        "description": "",
        "kind": "zone",
        "version": str(1 + one.versions.get(phase, 0)),
        "phase": phase,
        "last_updated": THEN,
        "rules": [
            {
                "id": rule_id(one, phase, rule, index),
                "version": "1",
                "action": rule.action or action,
                "action_parameters": dict(rule.parameters),
                "expression": rule.expression,
                "description": rule.description,
                "last_updated": THEN,
                "ref": rule.ref or ident("rule", one.name, phase, str(index)),
                "enabled": rule.enabled,
            }
            for index, rule in enumerate(rules)
        ],
    }


def rule_id(one: Zone, phase: str, rule: Rule, index: int) -> str:
    """The id of a rule: what it got when it was written, else by its mark or its place."""
    return rule.id or ident("rule", one.name, phase, rule.ref or str(index))


def page_rule(one: PageRule) -> dict[str, Any]:
    return {
        "id": ident("pagerule", one.pattern, str(one.priority)),
        "targets": [{"target": "url", "constraint": {"operator": "matches", "value": one.pattern}}],
        "actions": [{"id": key, "value": value} for key, value in one.actions.items()],
        "priority": one.priority,
        "status": "active" if one.active else "disabled",
        "created_on": THEN,
        "modified_on": THEN,
    }


def load_balancer(account: Account, one: LoadBalancer) -> dict[str, Any]:
    pools = [ident("pool", account.name, name) for name in one.pools]
    return {
        "id": ident("lb", one.name),
        "name": one.name,
        "description": "",
        "enabled": one.enabled,
        "proxied": one.proxied,
        "default_pools": pools,
        "fallback_pool": ident("pool", account.name, one.fallback) if one.fallback else pools[-1],
        "steering_policy": "off",
        "session_affinity": "none",
        "rules": [dict(rule) for rule in one.rules],
        "created_on": THEN,
        "modified_on": THEN,
        **one.extra,
    }


def pool(account: Account, one: Pool) -> dict[str, Any]:
    return {
        "id": ident("pool", account.name, one.name),
        "name": one.name,
        "description": "",
        "enabled": one.enabled,
        "minimum_origins": 1,
        "monitor": ident("monitor", account.name, one.monitor) if one.monitor else None,
        "origins": [
            {
                "name": f"origin-{index}",
                "address": origin.address,
                "enabled": origin.enabled,
                "weight": origin.weight,
                "port": origin.port,
                **({"header": {"Host": [origin.host]}} if origin.host else {}),
            }
            for index, origin in enumerate(one.origins)
        ],
        "created_on": THEN,
        "modified_on": THEN,
    }


def monitor(account: Account, one: Monitor) -> dict[str, Any]:
    return {
        "id": ident("monitor", account.name, one.name),
        "type": one.type,
        "description": one.name,
        "allow_insecure": one.insecure,
        "method": "GET",
        "path": "/",
        "created_on": THEN,
        "modified_on": THEN,
    }


def account_dns(one: Account) -> dict[str, Any]:
    return {
        "enforce_dns_only": one.dns_only,
        "zone_defaults": {
            "flatten_all_cnames": False,
            "foundation_dns": False,
            "internal_dns": {},
            "multi_provider": False,
            "nameservers": {"type": "cloudflare.standard"},
            "ns_ttl": 86400,
            "secondary_overrides": False,
            "soa": {
                "expire": 604800,
                "min_ttl": 1800,
                "mname": None,
                "refresh": 10000,
                "retry": 2400,
                "rname": "admin.example.com",
                "ttl": 3600,
            },
            "zone_mode": "standard",
        },
    }


def cloud_connector(one: Zone, rules: Sequence[Rule]) -> list[dict[str, Any]]:
    return [
        {
            "id": ident("connector", one.name, str(index)),
            "provider": rule.action,
            "expression": rule.expression,
            "description": rule.description,
            "enabled": rule.enabled,
            "parameters": dict(rule.parameters),
        }
        for index, rule in enumerate(rules)
    ]


def custom_hostname(one: CustomHostname) -> dict[str, Any]:
    return {
        "id": ident("custom-hostname", one.hostname),
        "hostname": one.hostname,
        "status": one.status,
        "created_at": THEN,
        "ssl": {"id": ident("ssl", one.hostname), "status": "active", "type": "dv"},
        **({"custom_origin_server": one.origin} if one.origin else {}),
        **({"custom_origin_sni": one.sni} if one.sni else {}),
        **one.extra,
    }


def fallback_origin(one: Zone) -> dict[str, Any]:
    return {
        "origin": one.fallback_origin,
        "status": "active",
        "errors": [],
        "created_at": THEN,
        "updated_at": THEN,
    }


def worker_route(pattern: str, script: str | None) -> dict[str, Any]:
    return {"id": ident("worker-route", pattern), "pattern": pattern, "script": script}


def worker_domain(one: Zone, hostname: str, service: str) -> dict[str, Any]:
    return {
        "id": ident("worker-domain", hostname),
        "cert_id": ident("certificate", hostname),
        "zone_id": one.id,
        "zone_name": one.name,
        "hostname": hostname,
        "service": service,
        "environment": "production",
    }


def tunnel(account: Account, one: Tunnel) -> dict[str, Any]:
    return {
        "id": one.id,
        "account_tag": account.id,
        "name": one.name,
        "status": one.status,
        "config_src": "local" if one.ingress is None else "cloudflare",
        "created_at": THEN,
    }


def tunnel_configuration(account: Account, one: Tunnel) -> dict[str, Any]:
    source = "local" if one.ingress is None else "cloudflare"
    return {
        "account_id": account.id,
        "tunnel_id": one.id,
        "version": 1,
        "source": source,
        "config": {
            "ingress": [dict(rule) for rule in one.ingress],
            "originRequest": dict(one.options),
        }
        if one.ingress
        else None,
        "created_at": THEN,
    }


def trust_anchor(one: Mapping[str, str]) -> dict[str, Any]:
    return {
        "id": ident("anchor", one.get("certificate", "")),
        "certificate": one.get("certificate", ""),
        "issuer": one.get("issuer", "CN=lab"),
        "signature": "ECDSAWithSHA256",
        "status": one.get("status", "active"),
        "expires_on": one.get("expires_on", "2036-01-01T00:00:00Z"),
        "uploaded_on": THEN,
        "updated_at": THEN,
    }


def spectrum_app(one: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": ident("spectrum", str(one)),
        "created_on": THEN,
        "modified_on": THEN,
        "traffic_type": "direct",
        **one,
    }


def origin_pull(enabled: bool | None, hostname: str) -> dict[str, Any]:
    return {
        "hostname": hostname,
        "enabled": enabled,
        "cert_id": ident("client-certificate", hostname),
        "cert_status": "active",
        "status": "active",
        "certificate": "",
        "issuer": "CN=lab",
        "serial_number": "1",
        "signature": "ECDSAWithSHA256",
        "expires_on": "2036-01-01T00:00:00Z",
        "cert_uploaded_on": THEN,
        "cert_updated_at": THEN,
        "created_at": THEN,
        "updated_at": THEN,
    }


def client_certificate(hostname: str) -> dict[str, Any]:
    return {
        "id": ident("client-certificate", hostname),
        "certificate": "-----BEGIN CERTIFICATE-----",
        "issuer": "CN=lab",
        "serial_number": "1",
        "signature": "ECDSAWithSHA256",
        "status": "active",
        "expires_on": "2036-01-01T00:00:00Z",
        "uploaded_on": THEN,
    }


def snippet(one: Zone, rule: Rule) -> dict[str, Any]:
    return {
        "id": ident("snippet", one.name, rule.expression),
        "expression": rule.expression,
        "description": rule.description,
        "enabled": rule.enabled,
        "snippet_name": rule.action,
        "last_updated": THEN,
    }


def origin_certificate(pem: str) -> dict[str, Any]:
    """A certificate of Cloudflare's Origin CA, as the account's list shows it."""
    return {
        "id": ident("origin-certificate", pem),
        "certificate": pem,
        "csr": "",
        "hostnames": list(_names_of(pem)),
        "request_type": "origin-ecc",
        "requested_validity": 5475,
        "expires_on": "2041-11-16 12:00:00 +0000 UTC",
    }


def _names_of(pem: str) -> tuple[str, ...]:
    from cryptography import x509

    try:
        found = x509.load_pem_x509_certificate(pem.encode())
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound):
        return ()
    return tuple(names.get_values_for_type(x509.DNSName))

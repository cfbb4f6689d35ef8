"""Apache's words that people write every day, and the modules that some of them come from."""

from typing import Final

_COMMON: Final = (
    "ServerName", "ServerAlias", "ServerAdmin", "ServerRoot", "ServerTokens", "ServerSignature",
    "DocumentRoot", "DirectoryIndex", "ErrorLog", "CustomLog", "LogLevel", "LogFormat", "Include",
    "IncludeOptional", "Listen", "LoadModule", "Options", "AllowOverride", "Require", "Redirect",
    "RedirectMatch", "RewriteEngine", "RewriteRule", "RewriteCond", "RewriteBase", "ProxyPass",
    "ProxyPassReverse", "ProxyPreserveHost", "ProxyRequests", "RequestHeader", "Header",
    "ErrorDocument", "AddType", "AddHandler", "SetHandler", "SetEnvIf", "Protocols", "Timeout",
    "KeepAlive", "KeepAliveTimeout", "MaxKeepAliveRequests", "UseCanonicalName", "PidFile",
    "VirtualHost", "Directory", "DirectoryMatch", "Location", "LocationMatch", "IfModule",
    "IfDefine", "IfVersion", "Define", "UnDefine", "Alias", "AliasMatch", "ScriptAlias",
    "ScriptAliasMatch", "HostnameLookups", "AccessFileName", "FilesMatch", "Files", "Limit",
    "LimitExcept", "LimitRequestBody", "AddOutputFilterByType", "ExpiresActive", "ExpiresByType",
    "ProxyPassMatch", "ProxyTimeout", "ServerPath", "ServerLimit", "RewriteOptions", "RewriteMap",
    "MDomain", "MDomains", "SetEnv", "PassEnv", "UnsetEnv", "AuthName", "AuthType", "Satisfy",
)  # fmt: skip
COMMON: Final = {each.lower(): each for each in _COMMON}
NAMES: Final = frozenset(COMMON)
OF_MODULES: Final = {
    "sslengine": "ssl_module",
    "sslcertificatefile": "ssl_module",
    "sslprotocol": "ssl_module",
    "rewriteengine": "rewrite_module",
    "rewriterule": "rewrite_module",
    "header": "headers_module",
    "requestheader": "headers_module",
    "proxypass": "proxy_module",
    "proxypreservehost": "proxy_module",
    "order": "access_compat_module",
    "alias": "alias_module",
    "redirect": "alias_module",
    "redirectmatch": "alias_module",
    "scriptalias": "alias_module",
    "rewritecond": "rewrite_module",
    "proxypassreverse": "proxy_module",
    "proxypassmatch": "proxy_module",
    "mdomain": "md_module",
    "mdomainset": "md_module",
    "mdcertificateagreement": "md_module",
    "remoteipheader": "remoteip_module",
    "remoteipproxyprotocol": "remoteip_module",
    "remoteiptrustedproxy": "remoteip_module",
    "expiresactive": "expires_module",
    "expiresbytype": "expires_module",
    "addoutputfilterbytype": "filter_module",
    "setenvif": "setenvif_module",
    "use": "macro_module",
    "authbasicprovider": "auth_basic_module",
    "authtype": "authn_core_module",
    "wsgiscriptalias": "wsgi_module",
    "substitute": "substitute_module",
}
"""Commands with the module that they come from: without it Apache does not start."""
SECTIONS: Final = frozenset(
    ("virtualhost", "directory", "directorymatch", "files", "filesmatch", "location",
     "locationmatch", "limit", "limitexcept", "proxy", "proxymatch", "if", "elseif", "else",
     "requireall", "requireany", "requirenone", "authnprovideralias", "authzprovideralias",
     "mdomainset", "macro", "perl", "ifmodule", "ifdefine", "ifversion", "iffile", "ifdirective",
     "ifsection", "luahookx")
)  # fmt: skip
"""Sections that Apache or one of its modules knows."""

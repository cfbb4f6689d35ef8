"""What the API's refusals mean: one HTTP answer in, one error of ours out.

Decided by status and Cloudflare's error codes, never by the text of a message; that text is
only quoted, bounded and with its control characters escaped.
"""

from collections.abc import Mapping
from math import ceil
from typing import Any, Final

from cf525.errors import ApiError, CredentialsError, NotFound, PermissionRefused
from cf525.patterns import lazy_pattern

MALFORMED_TOKEN: Final = frozenset({6003, 6103, 6111})
"""Codes under HTTP 400 for an Authorization header that cannot hold a token."""

_PAGE: Final = lazy_pattern(r"https://(?:[a-z]+\.)*cloudflare\.com/[A-Za-z0-9._/#-]{0,200}")

HOW_TO_CHECK: Final = (
    "check that the token was copied whole and has not expired: dash.cloudflare.com/profile/"
    "api-tokens, or Manage Account > API Tokens for an account's token"
)


def refusal(
    status: int,
    body: Any,
    path: str,
    needs: str,
    *,
    doing: str = "read",
    wait: float | None = None,
) -> ApiError:
    """The error for an answer that is no success, whatever its status. ``wait`` is how many seconds
    a 429 asks to wait; None where it does not say."""
    errors = _errors(body)
    codes = tuple(code for code, _ in errors)
    said = f": {errors[0][1]}" if errors and errors[0][1] else ""
    if status == 401 or (status == 400 and MALFORMED_TOKEN.intersection(codes)):
        return CredentialsError(
            f"Cloudflare does not accept the API token{said}",
            hint=HOW_TO_CHECK,
            status=status,
            codes=codes,
        )
    if status == 403:
        right, page = needs or "a right it does not have", _documentation(body)
        return PermissionRefused(
            f"the token may not {doing} {path}: it needs {right}",
            hint=f"Cloudflare says more at {page}" if page else "",
            needs=needs,
            status=status,
            codes=codes,
            documentation=page,
        )
    if status == 404:
        return NotFound(f"Cloudflare knows nothing at {path}{said}", status=status, codes=codes)
    if status == 429:
        return ApiError(
            "Cloudflare's API rate limit is used up",
            hint=f"wait {'five minutes' if wait is None else f'{ceil(wait)} s'}; the dashboard and "
            "other tools count against the same limit",
            status=status,
            codes=codes,
        )
    if 300 <= status < 400:
        return ApiError(
            f"the API answered {path} with a redirect, which is not followed",
            hint="check --api-base and any proxy between",
            status=status,
        )
    shown = f"status {status}" if status != 200 else "success: false"
    return ApiError(f"the API answered {path} with {shown}{said}", status=status, codes=codes)


def rate_limited(seconds: float) -> ApiError:
    """The error for a wait longer than the run may last."""
    return ApiError(
        f"Cloudflare's API asks to wait {ceil(seconds)} s, longer than this run waits",
        hint="try again later; the dashboard and other tools count against the same limit",
        status=429,
    )


def _errors(body: Any) -> tuple[tuple[int, str], ...]:
    """Codes and messages of an error body of any shape."""
    listed = body.get("errors") if isinstance(body, Mapping) else None
    if not isinstance(listed, list):
        return ()
    return tuple(
        (code, _quote(error.get("message")))
        for error in listed[:8]
        if isinstance(error, Mapping) and isinstance(code := error.get("code"), int)
    )


def _documentation(body: Any) -> str:
    """The page of Cloudflare's documentation that a refusal points to; nobody else's.

    Source: developers.cloudflare.com/changelog, 2026-08-20 (contextual 403 answers).
    """
    listed = body.get("errors") if isinstance(body, Mapping) else None
    for error in listed[:8] if isinstance(listed, list) else ():
        url = error.get("documentation_url") if isinstance(error, Mapping) else None
        if isinstance(url, str) and _PAGE.fullmatch(url):
            return url
    return ""


def _quote(text: object) -> str:
    return repr(str(text)[:200]) if text else ""

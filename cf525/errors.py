"""Every error a user can meet, as one small tree.

Each message says what happened, to what, and what to do. The exit status of a run is computed
in one place (``cf525.cli.exit_status``) from the class, never from the text.
"""


class Cf525Error(Exception):
    """Base of all errors the tool raises on purpose."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(Cf525Error):
    """The caller asked for something malformed: argument, name, address or file."""


class NoRemedy(Cf525Error):
    """A change would not help, or cannot be had here; nothing was written."""


class ApiError(Cf525Error):
    """Cloudflare's API could not be reached, answered with nonsense, or refused.

    ``status`` is the HTTP status, 0 when there was none; ``codes`` Cloudflare's error codes.
    """

    def __init__(
        self, message: str, *, hint: str = "", status: int = 0, codes: tuple[int, ...] = ()
    ) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.codes = codes


class CredentialsError(ApiError):
    """The token is missing, malformed, expired or refused."""


class PermissionRefused(ApiError):
    """The token works but lacks a right; ``needs`` names it as the dashboard does.

    ``documentation`` is the page that Cloudflare's refusal points to, if it names one.
    """

    def __init__(
        self,
        message: str,
        *,
        needs: str,
        hint: str = "",
        status: int = 403,
        codes: tuple[int, ...] = (),
        documentation: str = "",
    ) -> None:
        super().__init__(message, hint=hint, status=status, codes=codes)
        self.needs = needs
        self.documentation = documentation


class NotFound(ApiError):
    """The API answered 404: for rulesets and associations a result, not a fault."""


class LabError(Cf525Error):
    """The made-up world cannot be started on this machine."""


class DnsError(Cf525Error):
    """The resolver did not answer, or answered with a failure."""

"""Options that say which account is read, with whose token, and how much of it."""

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer

from cf525.cli.groups import Group
from cf525.cli.options.where import places
from cf525.values import dataclass

if TYPE_CHECKING:
    from cf525.account.credentials import Credentials
    from cf525.diagnosis.options import Options


@dataclass(frozen=True, kw_only=True)
class Access(Group):
    """The token, and the API it is for."""

    panel: ClassVar[str] = "Account"

    token_file: Annotated[
        Path | None,
        typer.Option(
            "--token-file",
            metavar="FILE",
            help="Read the API token from this file; else from CLOUDFLARE_API_TOKEN.",
        ),
    ] = None
    token_command: Annotated[
        str | None,
        typer.Option(
            "--token-command",
            metavar="CMD",
            envvar="CF525_TOKEN_COMMAND",
            help="Run this program for the API token, as in: op read op://ops/cloudflare/token",
        ),
    ] = None
    profile: Annotated[
        str | None,
        typer.Option(
            "--profile",
            metavar="NAME",
            envvar="CF525_PROFILE",
            help="Use this profile of profiles.toml, for one of several accounts.",
        ),
    ] = None
    api_base: Annotated[
        str | None,
        typer.Option(
            "--api-base", metavar="URL", envvar="CLOUDFLARE_BASE_URL", help="Base URL of the API."
        ),
    ] = None

    @property
    def base(self) -> str:
        """The API's base URL that was given; empty for Cloudflare's own. Raises UsageError."""
        from cf525.model.parsing import parse_api_base

        return parse_api_base(self.api_base) if self.api_base else ""

    def credentials(self) -> "Credentials":
        """The credentials at hand. Raises CredentialsError without any."""
        from cf525.account.credentials import missing_credentials

        found = self.credentials_if_any()
        if found is None:
            raise missing_credentials()
        return found

    def credentials_if_any(self) -> "Credentials | None":
        """The credentials at hand, if there are any.

        A command or profile from the environment yields to a token from there.
        """
        from cf525.account.credentials import VARIABLE, load_credentials, unread_variable
        from cf525.cli.output import say

        command, profile = self.token_command, self.profile
        if command == os.environ.get("CF525_TOKEN_COMMAND") and VARIABLE in os.environ:
            command = None
        if profile == os.environ.get("CF525_PROFILE") and VARIABLE in os.environ:
            profile = None
        found = load_credentials(
            os.environ, self.token_file, token_command=command, profile=profile
        )
        if found is None and (unread := unread_variable(os.environ)):
            say(unread)
        return found

    def credentials_for(self, options: "Options") -> "Credentials | None":
        """Those that a run without a named origin needs. Raises CredentialsError without any."""
        del options
        return self.credentials()

    def onto(self, options: "Options") -> "Options":
        """Comes last: origins given by hand, or seen elsewhere, make do without an account."""
        options = replace(options, api_base=self.base)
        if options.origins:
            return replace(options, credentials=self.credentials_if_any())
        if not options.observations:
            return replace(options, credentials=self.credentials_for(options))
        found = self.credentials_if_any()
        if found is not None:  # the account knows the routes better
            return replace(options, credentials=found)
        seen = [
            f"[{each.address}]:{each.port}"
            if ":" in each.address
            else f"{each.address}:{each.port}"
            for each in options.observations
        ]
        return replace(options, origins=places(seen))


@dataclass(frozen=True, kw_only=True)
class LeanAccess(Access):
    """The same, and how much is read for one host."""

    lean: Annotated[
        bool,
        typer.Option("--lean", help="Read the least of the account: six calls for most hosts."),
    ] = False

    def onto(self, options: "Options") -> "Options":
        return replace(super().onto(options), lean=self.lean)


@dataclass(frozen=True, kw_only=True)
class AccessIfAny(LeanAccess):
    """The same where a run can do without: then the edge alone is asked."""

    def credentials_for(self, options: "Options") -> "Credentials | None":
        return self.credentials_if_any() if options.edge else self.credentials()

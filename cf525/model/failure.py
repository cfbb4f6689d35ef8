"""A run that has no result to print: what happened, to what, and what to do."""

from cf525.values import dataclass

FAILURE_SCHEMA = "cf525.error/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """``message`` says what happened and to what, ``hint`` what to do; ``exit_status`` is that of
    the process."""

    tool_version: str
    exit_status: int
    message: str
    hint: str = ""
    schema: str = FAILURE_SCHEMA

"""What people type that is nearly right: other words for a command, and hints for usual slips."""

from typing import Final

from cf525.patterns import lazy_pattern

_HOST: Final = lazy_pattern(r"(https?://)?(\*\.)?([\w-]{1,63}\.)+[A-Za-z]{2,24}(:\d+)?(/\S*)?")
_FILE: Final = lazy_pattern(r"\.(pem|crt|cer|key|der|p12|pfx|p7b|conf|json|txt|ya?ml|log)$")
_COMMAND: Final = "No such command '"


def spelled_out(arguments: list[str]) -> list[str]:
    """The arguments with ``help`` and ``version`` as options, which they are elsewhere."""
    match arguments:
        case ["help"]:
            return ["--help"]
        case ["help", *command]:
            return [*command, "--help"]
        case ["version"]:
            return ["--version"]
    return arguments


def is_host(text: str) -> bool:
    """Whether a word looks like a hostname or a URL and not like a file."""
    return bool(_HOST.fullmatch(text)) and ("://" in text or not _FILE.search(text))


def hint(arguments: list[str], message: str) -> str:
    """What was probably meant, for a message of the command-line library; empty for no idea."""
    wrong = message.removeprefix(_COMMAND).partition("'")[0]
    if not message.startswith(_COMMAND) or not is_host(wrong):
        return ""
    if arguments[:1] == ["audit"]:
        return f"one host: cf525 diagnose {wrong}; a whole zone: cf525 audit --zone NAME"
    return f"did you mean: cf525 diagnose {wrong}"

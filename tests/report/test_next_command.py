"""The commands that a screen names next: whole, in the same circumstances, without a credential."""

import shlex

import pytest

from cf525.model.parsing import parse_target
from cf525.report.next_command import NOTHING_TYPED, TAKES, Invocation
from tests.cli.commands import commands

HOST = parse_target("www.example.com")
TYPED = Invocation(
    command="diagnose",
    arguments=("www.example.com",),
    options=(
        ("--origin", "203.0.113.7"),
        ("--origin", "[2001:db8::7]:8443"),
        ("--resolver", "127.0.0.1:5353"),
        ("--api-base", "http://127.0.0.1:9/client/v4"),
        ("--token-file", "/run/my token"),
        ("--no-edge", None),
        ("--config", "/etc/nginx"),
        ("--server", "nginx"),
        ("--deep", None),
    ),
)


@pytest.mark.parametrize("command", TAKES)
def test_every_option_that_is_handed_on_is_one_that_the_command_takes(command: str) -> None:
    assert commands()[f"cf525 {command}"] >= TAKES[command]


def test_where_and_as_whom_was_looked_goes_on_to_the_next_command() -> None:
    assert shlex.split(TYPED.of("watch", HOST)) == [
        *("cf525", "watch", "www.example.com"),
        *("--origin", "203.0.113.7", "--origin", "[2001:db8::7]:8443"),
        *("--resolver", "127.0.0.1:5353", "--api-base", "http://127.0.0.1:9/client/v4"),
        *("--token-file", "/run/my token", "--no-edge"),
    ]


def test_a_value_of_strangers_stays_one_word() -> None:
    """The name of an endpoint is the API's to choose, and a line is made to be pasted."""
    shown = TYPED.with_options("cf525 fix www.example.com pool-endpoint-off --value 'b;touch x;'")
    assert "b;touch x;" in shlex.split(shown)
    assert NOTHING_TYPED.with_options("cf525 fix 'unfinished") == "cf525 fix 'unfinished"


def test_a_planned_change_takes_the_options_of_fix_alone() -> None:
    shown = TYPED.with_options("cf525 fix www.example.com sni-for-host --value example.com")
    assert shown == (
        "cf525 fix www.example.com sni-for-host --value example.com --resolver 127.0.0.1:5353 "
        "--api-base http://127.0.0.1:9/client/v4 --token-file '/run/my token' --no-edge "
        "--server nginx"
    )


def test_the_port_and_path_of_the_target_are_kept() -> None:
    target = parse_target("https://www.example.com:8443/a?b=$(id)&c=1")
    with_path = Invocation(command="diagnose", options=(("--path", "/a"),))
    command, verb, given = shlex.split(with_path.of("watch", target))
    assert (command, verb, given) == ("cf525", "watch", target.url)


def test_an_origin_that_was_verified_is_watched_as_it_was_judged() -> None:
    typed = Invocation(command="verify", arguments=("127.0.0.1:8443",), options=(("--at", "2027"),))
    assert typed.of("watch", HOST) == (
        "cf525 watch www.example.com --origin 127.0.0.1:8443 --mode strict --at 2027"
    )


def test_what_a_recording_was_judged_by_is_not_what_to_look_by() -> None:
    typed = Invocation(command="replay", arguments=("a.json",), options=(("--at", "2027-01-01"),))
    assert typed.of("watch", HOST) == "cf525 watch www.example.com"
    assert NOTHING_TYPED.of("watch", HOST) == "cf525 watch www.example.com"


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--via", "socks5://me:hunter2-s3cret@127.0.0.1:1080"),
        ("--via", "http://:hunter2-s3cret@127.0.0.1:1080"),
        ("--api-base", "https://me:hunter2-s3cret@api.example.com"),
        ("--header", "Authorization: hunter2-s3cret"),
        ("--header", "X-Api-Key:hunter2-s3cret"),
        ("--header", "Cookie:a=hunter2-s3cret"),
        ("--token-command", "echo hunter2-s3cretABCDEFGHIJKLMNOPQRSTUV"),
        ("--token-command", "show --with 'Bearer hunter2-s3cret'"),
    ],
)
def test_what_may_be_a_credential_is_not_repeated(option: str, value: str) -> None:
    typed = Invocation(command="watch", options=((option, value),))
    shown = typed.of("watch", HOST) + typed.again()
    assert "hunter2" not in shown
    assert shown.count("HIDDEN") == 2


def test_a_program_that_hands_the_token_out_is_repeated() -> None:
    typed = Invocation(options=(("--token-command", "op read op://ops/cloudflare/token"),))
    assert typed.of("watch", HOST).endswith("--token-command 'op read op://ops/cloudflare/token'")


def test_what_came_in_on_standard_input_cannot_be_asked_again() -> None:
    assert not Invocation(command="verify", arguments=("-",)).repeats
    assert Invocation(command="verify", arguments=("a.pem",)).repeats
    assert not NOTHING_TYPED.repeats


def test_a_mended_file_is_verified_by_what_the_first_was() -> None:
    typed = Invocation(
        command="verify",
        arguments=("a.pem",),
        options=(("--host", "b.example"), ("--key", "a.key"), ("--mode", "full"), ("--at", "2027")),
    )
    shown = typed.with_options("cf525 verify mended.pem --host b.example")
    assert shown == "cf525 verify mended.pem --host b.example --key a.key --at 2027"

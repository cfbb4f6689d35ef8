"""Parts of a plan: hosts that share an address are never apart."""

import random

import pytest

from cf525.audit.grouping import Groups


@pytest.mark.parametrize("seed", range(6))
def test_no_address_stands_in_two_parts_and_no_host_is_lost(seed: int) -> None:
    chance = random.Random(seed)
    hosts = [
        tuple({f"a{chance.randrange(400)}" for _ in range(chance.choice((0, 1, 1, 1, 2)))})
        for _ in range(500)
    ]
    groups = Groups()
    for each in hosts:
        groups.add(each)
    parts = list(groups.parts(40))
    assert sorted(host for part in parts for host in part) == list(range(500))
    seen: dict[str, int] = {}
    for number, part in enumerate(parts):
        for host in part:
            for address in hosts[host]:
                assert seen.setdefault(address, number) == number
    assert len(parts) > 3


def test_a_part_is_larger_than_wanted_only_where_its_hosts_belong_together() -> None:
    groups = Groups()
    for number in range(90):
        groups.add((f"single-{number}",))
    for number in range(70):
        groups.add((f"a{number}", f"a{number + 1}"))  # a chain: all of them, through each other
    sizes = sorted(len(part) for part in groups.parts(20))
    assert sizes == [10, 20, 20, 20, 20, 70]


def test_the_same_hosts_make_the_same_parts() -> None:
    made = []
    for _ in range(2):
        groups = Groups()
        for number in range(100):
            groups.add((f"a{number % 7}",))
        made.append(list(groups.parts(30)))
    assert made[0] == made[1]
    assert made[0][0] == sorted(made[0][0])  # two addresses in a part, in turns
    assert {host % 7 for host in made[0][0][:2]} == {0, 1}

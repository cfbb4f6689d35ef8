"""Which of the loaded certificates Traefik shows for a name.

Of certificates with the very same names the first loaded stays. Where others share the best name,
the order differs by version; 3.7 was measured to take the last in the order of their names.
"""

from collections.abc import Sequence

from cf525.servers.loaded import Pair, names_of, patterns_for


def shown(pairs: Sequence[Pair], host: str) -> tuple[Pair | None, str]:
    """The certificate for a name, None where none has it; and what makes that unsure."""
    known: dict[str, Pair] = {}
    for each in pairs:
        if each.leaf is not None:
            known.setdefault(",".join(sorted(names_of(each.leaf))), each)
    for pattern in patterns_for(host):
        found = [(names, each) for names, each in known.items() if pattern in names.split(",")]
        if found:
            doubt = f"{len(found)} certificates have {pattern}, and Traefik shows one of them"
            return max(found, key=lambda own: own[0])[1], doubt if len(found) > 1 else ""
    return None, ""

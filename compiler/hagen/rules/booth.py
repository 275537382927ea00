"""Booth: sites that agree on tickets. Source: boothd(8), "renewal-freq" and "The cluster of sites"."""

from collections.abc import Iterator

from hagen import codes
from hagen.diagnostic import Diagnostic, Label
from hagen.model import Topology
from hagen.model.constraint import Booth
from hagen.quantity import Address
from hagen.source import Pointer


def check(topology: Topology) -> Iterator[Diagnostic]:
    """Yield what booth would refuse or warn of."""
    if topology.booth is not None:
        yield from _tickets(topology.booth)
        yield from _voters(topology.booth)
        yield from _addresses(topology.booth)


def _tickets(booth: Booth) -> Iterator[Diagnostic]:
    """Yield tickets whose renewal, tried every half of `expire`, may take longer than that."""
    for ticket in booth.tickets:
        times = {each.name: int(each.value) for each in ticket.settings}
        needed = times["timeout"] * (times["retries"] + 1)
        if 2 * needed >= times["expire"]:
            yield codes.TICKET_EXPIRES_EARLY.at(
                (*ticket.origin, "expire"),
                f"ticket `{ticket.name}` is renewed every {times['expire'] / 2:g} s, and one renewal may take "
                f"{needed} s: {times['retries'] + 1} times a timeout of {times['timeout']} s",
                Label(ticket.origin, "this ticket", on_key=True),
                hint=f"let it expire later than after {2 * needed}s, or ask fewer times (`retries`)",
            )


def _voters(booth: Booth) -> Iterator[Diagnostic]:
    count = len(booth.sites) + len(booth.arbitrators)
    if count % 2 == 0:
        yield codes.EVEN_VOTERS.at(
            booth.origin,
            f"{count} sites and arbitrators can split into halves, and then nobody gets a ticket",
            hint="add an arbitrator at a place of its own: booth.arbitrators",
            on_key=True,
        )


def _addresses(booth: Booth) -> Iterator[Diagnostic]:
    """Yield voters with the address of another one: booth knows them apart by nothing else."""
    said: list[tuple[str, Address, Pointer]] = [
        (f"site `{name}`", address, (*booth.origin, "sites", name)) for name, address in booth.sites
    ]
    said += [
        ("an arbitrator", address, (*booth.origin, "arbitrators", index))
        for index, address in enumerate(booth.arbitrators)
    ]
    owners: dict[Address, tuple[str, Pointer]] = {}
    for what, address, at in said:
        owner, place = owners.setdefault(address, (what, at))
        if place != at:
            yield codes.DUPLICATE_VOTER.at(
                at,
                f"{what} has the address {address} that {owner} has",
                Label(place, f"{owner} has it"),
                hint="give each site and arbitrator an address of its own",
            )

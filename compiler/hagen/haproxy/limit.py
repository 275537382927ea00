"""How often a client may ask: a table that counts, and the rules that use it.

Source: HAProxy configuration manual, "http-request track-sc0" and "stick-table".
"""

from collections.abc import Iterator

from hagen.artifact import Line, Origin
from hagen.haproxy.words import ACME, DECODED, PEERS, UNREADABLE, Section, Version, path_begins, section
from hagen.model import Topology
from hagen.model.frontend import RateLimit


def counting(name: str) -> str:
    """Return the name of the backend that has nothing but the table of the frontend or service `name`."""
    return f"{name}-rate"


def lines(name: str, said: RateLimit | None, has: Version, *, acme: bool, counter: int = 0) -> Iterator[Line]:
    """Yield what counts the requests of the frontend or service `name`, and what answers too many of them.

    HAProxy counts a request once with each `counter`: where a frontend and a service behind it both count, they need
    one each.
    """
    if said is None:
        return
    spared = [f"!{ACME}"] if acme else []
    if said.path is not None:
        if has >= DECODED:
            yield Line(UNREADABLE, (said.origins["path"],))
        yield Line(f"acl limited_path {path_begins(has)} {said.path}", (said.origins["path"],))
        spared.insert(0, "limited_path")
    condition = f" if {' '.join(spared)}" if spared else ""
    rate = "sc_http_req_rate" if said.counted == "requests" else "sc_http_err_rate"
    origin = (Origin("topology", said.origin),)
    yield Line(f"http-request track-sc{counter} src table {counting(name)}{condition}", origin)
    rest = " ".join(["", *spared])
    yield Line(
        f"http-request deny deny_status {said.status} if {{ {rate}({counter}) gt {said.requests} }}{rest}",
        (said.origins["status"], said.origins["requests"]),
    )


def table(name: str, said: RateLimit | None, topology: Topology) -> Iterator[Section]:
    """Yield the section with the table: a section has one at most, and `stick` may need it."""
    if said is None:
        return
    origin = Origin("topology", said.origin)
    kind = "req" if said.counted == "requests" else "err"
    per, peers = said.per.haproxy, topology.proxy.peers
    shared = f" peers {PEERS}" if peers else ""
    yield section(
        (Line(f"how often each client asked {name}", (origin,)),),
        Line(f"backend {counting(name)}", (origin,)),
        [
            Line(
                f"stick-table type ipv6 size {said.clients} expire {per} store http_{kind}_rate({per}){shared}",
                (
                    said.origins["clients"],
                    said.origins["per"],
                    said.origins["count"],
                    *([Origin("topology", peers.origin)] if peers else []),
                ),
            )
        ],
    )

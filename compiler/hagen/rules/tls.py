"""TLS: every listener has a certificate, every server is judged by one, and no setting is for nothing.

Source: HAProxy configuration manual, sections 5.1 ("crt") and 5.2 ("verify"): a server with `ssl` and neither
`ca-file` nor `verify none` is refused.
"""

from collections.abc import Iterator

from hagen import codes
from hagen.diagnostic import Diagnostic
from hagen.model import Frontend, Service, Topology
from hagen.said import place


def check(topology: Topology) -> Iterator[Diagnostic]:
    """Yield what is wrong with TLS towards clients and towards servers."""
    for frontend in topology.frontends:
        yield from _clients(f"frontend `{frontend.name}`", frontend)
    for service in topology.services:
        yield from _clients(f"service `{service.name}`", service)
        yield from _servers(service, production=topology.cluster.production)


def _clients(what: str, entry: Frontend | Service) -> Iterator[Diagnostic]:
    tls = entry.tls
    if tls is None:
        return
    vips = {bind.vip for bind in entry.binds}
    if tls.certificate is None and tls.crt_list is None:
        bare = dict.fromkeys(bind.owner for bind in entry.binds if bind.vip not in tls.certificates)
        if bare:
            yield codes.TLS_WITHOUT_FILE.at(
                tls.origin,
                f"{what} speaks TLS on {' and '.join(bare)} without a certificate",
                hint="say where it is on the nodes: `certificate: /etc/haproxy/tls/….pem`, or `crt_list`",
                on_key=True,
            )
    for vip in tls.certificates:
        if vip not in vips:
            yield codes.INERT_TLS.at(
                (*tls.origin, "certificates", vip),
                f"{what} has a certificate for VIP `{vip}`, on which it does not listen",
                hint="remove it, or add the VIP to `vips`",
                on_key=True,
            )


def _servers(service: Service, *, production: bool) -> Iterator[Diagnostic]:
    tls = service.pool.tls
    if tls is None:
        return
    if tls.verify == "required":
        if tls.ca_file is None:
            yield codes.TLS_WITHOUT_FILE.at(
                place(service.origins, ("servers.tls.verify",), tls.origin),
                f"the servers of service `{service.name}` are to be verified, and no file has the authorities that sign their certificates",
                hint="say where it is on the nodes: `ca_file: /etc/haproxy/tls/….pem`",
            )
        return
    inert = [key for key in ("ca_file", "verify_host") if getattr(tls, key) is not None]
    for key in inert:
        yield codes.INERT_TLS.at(
            (*tls.origin, key),
            f"with `verify: none` nobody looks at `{key}` of service `{service.name}`",
            hint=f"remove `verify: none`, or `{key}`",
            on_key=True,
        )
    if production and not inert:
        yield codes.SERVERS_NOT_VERIFIED.at(
            place(service.origins, ("servers.tls.verify",), tls.origin),
            f"any certificate will do for the servers of service `{service.name}`, so anybody on the way can be one",
            hint="say who signs theirs: `tls: {ca_file: /etc/haproxy/tls/….pem}`, and `verify_host` if it signs others too",
        )

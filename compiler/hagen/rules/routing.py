"""Shared frontends: each request goes to one service, and each service can understand it.

Source: HAProxy configuration manual, "use_backend": the first condition that holds decides.
"""

from collections.abc import Iterator, Sequence

from hagen import codes
from hagen.diagnostic import Diagnostic, Label
from hagen.model import Service, Topology
from hagen.model.frontend import Route
from hagen.said import said

_CLIENT_SIDE = (
    "maxconn",
    "tls",
    "log_format",
    "http.forwarded",
    "timeouts.client",
    "timeouts.http_request",
    "timeouts.http_keep_alive",
)
"""Keys of a service that are about its own listener."""


def check(topology: Topology) -> Iterator[Diagnostic]:
    """Yield what is wrong with frontends and with the routes that join them."""
    modes = {service.name: service.mode for service in topology.services}
    used = {route.frontend for service in topology.services for route in service.routes}
    first = _first(topology.services)
    yield from _ambiguous(topology.services, first)
    for frontend in topology.frontends:
        default, at = frontend.default_service, frontend.origins["default_service"].at
        if default is None and frontend.name not in used:
            yield codes.FRONTEND_WITHOUT_SERVICE.at(
                frontend.origin,
                f"no service joins frontend `{frontend.name}`, so it answers every request with 404",
                hint=f"say at a service `routes: [{{frontend: {frontend.name}, …}}]`, or here `default_service`",
                on_key=True,
            )
        elif default is not None and modes.get(default) == "tcp":
            yield _in_mode_tcp(default, frontend.name, Label(at))
        every = first.get((frontend.name, "", ""))
        if default is not None and every is not None and every[0].name != default:
            yield codes.AMBIGUOUS_ROUTE.at(
                at,
                f"what no route of frontend `{frontend.name}` wants is for `{default}`, and a route of `{every[0].name}` wants everything",
                Label(every[1].origin, "neither hosts nor paths"),
                hint="remove one of them, or give the route `hosts` or `paths`",
            )
    for service in topology.services:
        yield from _routes(service)


def _in_mode_tcp(service: str, frontend: str, place: Label) -> Diagnostic:
    return codes.ROUTE_TO_MODE_TCP.at(
        place,
        f"frontend `{frontend}` leads requests to service `{service}`, which is in mode tcp",
        hint=f"say `mode: http` at service `{service}`, or give it a VIP and port of its own",
    )


def _wanted(route: Route) -> Iterator[tuple[str, str, str]]:
    """Yield the frontend, host and path of what a route wants; empty is any."""
    for host in route.hosts or ("",):
        for path in route.paths or ("",):
            yield route.frontend, host.lower(), path.rstrip("/")


def _first(services: Sequence[Service]) -> dict[tuple[str, str, str], tuple[Service, Route]]:
    """Return the first route for each host and path."""
    found: dict[tuple[str, str, str], tuple[Service, Route]] = {}
    for service in services:
        for route in service.routes:
            for key in _wanted(route):
                found.setdefault(key, (service, route))
    return found


def _ambiguous(
    services: Sequence[Service], first: dict[tuple[str, str, str], tuple[Service, Route]]
) -> Iterator[Diagnostic]:
    for service in services:
        for route in service.routes:
            for key in _wanted(route):
                other, earlier = first[key]
                if earlier is route:
                    continue
                frontend, host, path = key
                yield codes.AMBIGUOUS_ROUTE.at(
                    route.origin,
                    f"frontend `{frontend}` has two routes for {host or 'any host'} and {path or 'any path'}: to service `{service.name}` and to `{other.name}`",
                    Label(earlier.origin, "the other route"),
                    hint="give one of them other `hosts` or `paths`, or remove it",
                )
                break  # one is enough to find the others


def _routes(service: Service) -> Iterator[Diagnostic]:
    for route in service.routes:
        if service.mode != "http":
            yield _in_mode_tcp(service.name, route.frontend, Label(route.origin))
        if route.strip_path and not any(path.rstrip("/") for path in route.paths):
            yield codes.INERT_ROUTING.at(
                route.origins["strip_path"].at,
                f"a route of service `{service.name}` has no path that could be taken away",
                hint="say `paths`, or remove `strip_path`",
                on_key=True,
            )
    if not service.routes or service.binds:
        return
    keys = [key for key in _CLIENT_SIDE if said(service.origins, key)]
    keys += (
        ["tcp_keepalive"]
        if service.tcp_keepalive == "client" and said(service.origins, "tcp_keepalive")
        else []
    )
    for key in keys:
        yield codes.INERT_ROUTING.at(
            service.origins[key].at,
            f"clients come to service `{service.name}` by shared frontends alone, so its `{key}` has no effect",
            hint=f"remove it; what holds for clients is said of frontend `{service.routes[0].frontend}`",
            on_key=True,
        )

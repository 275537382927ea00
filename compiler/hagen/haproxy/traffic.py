"""What happens to connections and requests before a server gets them: who may come, how often, with which headers.

Source: HAProxy configuration manual, "http-request", "tcp-request connection" and section 7.3 for the samples.
"""

from collections.abc import Iterator, Mapping

from hagen.artifact import Line, Origin
from hagen.haproxy.words import ACME, DECODED, UNREADABLE, Version, acl, networks, path_begins, value
from hagen.model.frontend import Access, Http, Tls
from hagen.model.proxy import Acme

_UPWARDS = Origin("hagen", (), "a server would go up from there, perhaps to a path that is denied")
_REFUSALS = (2, 2)
_SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
}
"""OWASP's Secure Headers Project, for pages that show nothing of others and are shown nowhere else."""
_CONNECTION = {"server-close": "http-server-close", "close": "httpclose"}


def challenge(acme: Acme | None) -> Iterator[Line]:
    """Yield the condition by which challenges of ACME are known, if they are led anywhere."""
    if acme is not None:
        yield Line(f"acl {ACME} path_beg /.well-known/acme-challenge/", (Origin("topology", acme.origin),))


def answered(acme: Acme | None) -> Iterator[Line]:
    """Yield what leads challenges to their backend; it stands after every other rule."""
    if acme is not None:
        yield Line(f"use_backend acme if {ACME}", (Origin("topology", acme.origin),))


def access(said: Access, mode: str, *, acme: bool) -> Iterator[Line]:
    """Yield who may come; challenges of ACME always may, where `acme` says that there are any."""
    spared = f" !{ACME}" if acme else ""
    for name, cidrs, negated in (("denied_source", said.deny, ""), ("allowed_source", said.allow, "!")):
        if cidrs:
            origin = said.origins["deny" if not negated else "allow"]
            yield from acl(name, "src", networks(cidrs), origin)
            if mode == "http":
                yield Line(f"http-request deny if {negated}{name}{spared}", (origin,))
            else:
                yield Line(f"tcp-request connection reject if {negated}{name}", (origin,))


def requests(said: Http, has: Version, *, acme: bool) -> Iterator[Line]:
    """Yield what is done with requests and answers."""
    spared = f" !{ACME}" if acme else ""
    if said.keep_alive in _CONNECTION:
        yield Line(f"option {_CONNECTION[said.keep_alive]}", (said.origins["keep_alive"],))
    if said.deny_paths:
        origin = said.origins["deny_paths"]
        yield from acl("denied_path", path_begins(has), said.deny_paths, origin)
        if has >= DECODED:
            yield Line("acl denied_path path,url_dec -m sub /../", (origin, _UPWARDS))
            yield Line(UNREADABLE, (origin,))
        yield Line("http-request deny if denied_path", (origin,))
    if said.max_body is not None:
        condition = f"{{ req.hdr_val(content-length) gt {said.max_body} }}{spared}"
        yield Line(f"http-request deny deny_status 413 if {condition}", (said.origins["max_body"],))
    for name, text in said.request_headers.items():
        yield _header("request", name, text, said.origins["request_headers"], has)
    if said.security_headers:
        for name, text in _SECURITY.items():
            yield _header(answers(has), name, text, said.origins["security_headers"], has)
    for name, text in said.response_headers.items():
        yield _header(answers(has), name, text, said.origins["response_headers"], has)


def answers(has: Version) -> str:
    """Return what HAProxy calls every answer, its own refusals among them; before 2.2 those cannot be changed."""
    return "after-response" if has >= _REFUSALS else "response"


def _header(way: str, name: str, text: str, origin: Origin, has: Version) -> Line:
    return Line(f"http-{way} set-header {name} {value(text, has)}", (origin,))


def forwarded(said: Http, tls: Tls | None) -> Iterator[Line]:
    """Yield what servers are told of the client; a client's own words of this kind are overwritten."""
    origin = (said.origins["forwarded"],)
    words: Mapping[str, str] = {
        "proto": "https" if tls else "http",
        "host": "%[req.hdr(host)]",
        "port": "%[dst_port]",
    }
    if "for" in said.forwarded:
        yield Line("http-request del-header X-Forwarded-For", origin)
        yield Line("option forwardfor", origin)
    if said.forwarded:
        yield Line("http-request del-header Forwarded", origin)
    for name, text in words.items():
        if said.forwarded and name not in said.forwarded:
            yield Line(f"http-request del-header X-Forwarded-{name.title()}", origin)
        if name in said.forwarded:
            yield Line(f"http-request set-header X-Forwarded-{name.title()} {text}", origin)


def strict_transport(tls: Tls | None, has: Version) -> Iterator[Line]:
    """Yield the header of HSTS (RFC 6797)."""
    if tls is None or tls.hsts is None:
        return
    parts = [f"max-age={tls.hsts.days * 86400}"]
    parts += ["includeSubDomains"] if tls.hsts.include_subdomains else []
    parts += ["preload"] if tls.hsts.preload else []
    text = ";\\ ".join(parts)
    yield Line(f"http-{answers(has)} set-header Strict-Transport-Security {text}", (tls.origins["hsts"],))

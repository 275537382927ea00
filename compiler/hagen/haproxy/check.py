"""How HAProxy checks servers: the lines of the section, and the words of each server.

Source: HAProxy configuration manual, "option httpchk", "http-check", "tcp-check" and section 5.2.
"""

from collections.abc import Iterator

from hagen.artifact import Line, Origin
from hagen.haproxy.words import Version, quote, value
from hagen.model import Check, Service

_SEND = (2, 2)
"""The version from which on a request's headers and ranges of status codes have words of their own."""
_SNI = (1, 8)
"""The version from which on a check can ask for a host name."""
_HUNDRED = 100


def lines(service: Service, has: Version) -> Iterator[Line]:
    """Yield what a section says of its check."""
    check, origins = service.check, service.origins
    kind = (origins["check.type"],)
    if check.kind == "http":
        yield from _http(service, has)
    elif check.kind == "mysql":
        yield Line(f"option mysql-check user {check.user} post-41", (*kind, origins["check.mysql.user"]))
    elif check.kind == "pgsql":
        yield Line(f"option pgsql-check user {check.user}", (*kind, origins["check.pgsql.user"]))
    elif check.kind == "redis":
        yield from _redis(service, kind[0])
    elif check.kind == "smtp":
        yield Line(f"option smtpchk EHLO {check.domain}", (*kind, origins["check.smtp.domain"]))
    elif check.kind in {"ldap", "ssl-hello"}:
        yield Line(f"option {check.kind}-{'check' if check.kind == 'ldap' else 'chk'}", kind)


def _http(service: Service, has: Version) -> Iterator[Line]:
    check, origins = service.check, service.origins
    asked = (origins["check.http.method"], origins["check.http.path"])
    headers = (origins["check.http.headers"],)
    version = "HTTP/1.1" if any(name.lower() == "host" for name in check.headers) else "HTTP/1.0"
    if not check.headers:
        yield Line(f"option httpchk {check.method} {quote(check.path, has)}", asked)
    elif has >= _SEND:
        yield Line("option httpchk", asked)
        said = "".join(f" hdr {name} {value(text, has)}" for name, text in check.headers.items())
        yield Line(
            f"http-check send meth {check.method} uri {quote(check.path, has)} ver {version}{said}",
            (*asked, *headers),
        )
    else:
        # The version is sent as it stands here, with whatever follows it.
        said = "".join(f"\\r\\n{name}:\\ {_escaped(text)}" for name, text in check.headers.items())
        yield Line(
            f"option httpchk {check.method} {quote(check.path, has)} {version}{said}", (*asked, *headers)
        )
    if check.expect_regex is not None:
        pattern = quote(f"^({check.expect_regex})$", has)
        yield Line(f"http-check expect rstatus {pattern}", (origins["check.http.expect_regex"],))
    elif check.expect:
        yield Line(f"http-check expect {_expected(check, has)}", (origins["check.http.expect"],))


def _escaped(text: str) -> str:
    return "".join(f"\\{letter}" if letter in " #\\" else letter for letter in text)


def _expected(check: Check, has: Version) -> str:
    wanted = check.expect
    if len(wanted) == 1 and isinstance(wanted[0], int):
        return f"status {wanted[0]}"
    if has >= _SEND:
        return "status " + ",".join(
            str(each) if isinstance(each, int) else f"{each[0]}-{each[1]}" for each in wanted
        )
    return f"rstatus ^({'|'.join(part for each in wanted for part in _pattern(each))})$"


def _pattern(wanted: int | tuple[int, int]) -> Iterator[str]:
    """Yield regular expressions, without bars, that one code or a range of codes fits."""
    first, last = (wanted, wanted) if isinstance(wanted, int) else wanted
    code = first
    while code <= last:
        whole = code % _HUNDRED == 0 and code + _HUNDRED - 1 <= last
        yield f"{code // _HUNDRED}.." if whole else str(code)
        code += _HUNDRED if whole else 1


def _redis(service: Service, kind: Origin) -> Iterator[Line]:
    check, role = service.check, service.origins["check.redis.role"]
    password = Origin("topology", (*check.origin, "redis", "password", "env"))
    if check.redis_role == "any" and check.redis_password_env is None:
        yield Line("option redis-check", (kind,))
        return
    yield Line("option tcp-check", (kind,))
    if check.redis_password_env is not None:
        yield Line(f'tcp-check send "AUTH ${{{check.redis_password_env}}}\\r\\n"', (kind, password))
        yield Line("tcp-check expect string +OK", (kind, password))
    yield Line("tcp-check send PING\\r\\n", (kind,))
    yield Line("tcp-check expect string +PONG", (kind,))
    if check.redis_role == "master":
        yield Line("tcp-check send info\\ replication\\r\\n", (kind, role))
        yield Line("tcp-check expect string role:master", (kind, role))
    yield Line("tcp-check send QUIT\\r\\n", (kind,))
    yield Line("tcp-check expect string +OK", (kind,))


def words(service: Service, has: Version) -> tuple[str, tuple[Origin, ...]]:
    """Return what each server says of its check, and where that comes from."""
    check, origins = service.check, service.origins
    if check.kind == "none":
        return "", ()
    found = ["check"]
    given = [origins["check.inter"], origins["check.rise"], origins["check.fall"]]
    if check.port is not None:
        found += ["port", str(check.port)]
        given.append(origins["check.port"])
    # Without a word the check speaks TLS if the servers do and it has no port of its own.
    if check.tls:
        found += ["check-ssl"] if service.pool.tls else ["check-ssl", "verify", "none"]
        given.append(origins["check.tls"])
    elif check.tls is False and service.pool.tls and check.port is None:
        found.append("no-check-ssl")
        given.append(origins["check.tls"])
    sni, named = _sni(service, has)
    if sni is not None:
        found += ["check-sni", sni]
        given.append(named)
    found += ["inter", check.inter.haproxy]
    for key, each in (("fastinter", check.fastinter), ("downinter", check.downinter)):
        if each is not None:
            found += [key, each.haproxy]
            given.append(origins[f"check.{key}"])
    found += ["rise", str(check.rise), "fall", str(check.fall)]
    if check.agent is not None:
        found += [
            "agent-check",
            "agent-port",
            str(check.agent.port),
            "agent-inter",
            check.agent.inter.haproxy,
        ]
        given.append(origins["check.agent"])
    return " ".join(found), tuple(given)


def _sni(service: Service, has: Version) -> tuple[str | None, Origin]:
    """Return the host name that the check asks for: that of requests, if it meets the same server in the same way."""
    check, tls = service.check, service.pool.tls
    if check.sni is None and tls is not None and tls.sni is not None and has >= _SNI:
        speaks = check.port is None if check.tls is None else check.tls
        return (tls.sni if speaks else None), tls.origins["sni"]
    return check.sni, service.origins["check.sni"]

"""Lines that begin with `bind`: where HAProxy listens, and TLS there.

Source: HAProxy configuration manual, section 5.1; https://wiki.mozilla.org/Security/Server_Side_TLS for the profiles.
"""

from collections.abc import Iterator

from hagen.artifact import Line, Origin
from hagen.haproxy.words import Version, place
from hagen.model import Bind
from hagen.model.frontend import Tls

_MIN_VERSION = (1, 8)
"""The version from which on HAProxy knows `ssl-min-ver` and HTTP/2."""
_OLDEST = {"modern": "TLSv1.3", "intermediate": "TLSv1.2"}
_CIPHERS = ":".join(
    [f"ECDHE-{kind}-AES{size}" for size in ("128-GCM-SHA256", "256-GCM-SHA384") for kind in ("ECDSA", "RSA")]
    + [f"ECDHE-{kind}-CHACHA20-POLY1305" for kind in ("ECDSA", "RSA")]
    + ["DHE-RSA-AES128-GCM-SHA256", "DHE-RSA-AES256-GCM-SHA384", "DHE-RSA-CHACHA20-POLY1305"]
)
_SUITES = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
_CURVES = "X25519:prime256v1:secp384r1"


def binds(listening: tuple[Bind, ...], tls: Tls | None, mode: str, has: Version) -> Iterator[Line]:
    """Yield the lines of what listens."""
    for bind in listening:
        words, origins = _tls(bind, tls, mode, has) if tls else ("", ())
        yield Line(f"bind {place(bind.address, bind.port, has)}{words}", (*bind.origins, *origins))


def _tls(bind: Bind, tls: Tls, mode: str, has: Version) -> tuple[str, tuple[Origin, ...]]:
    words, origins = ["ssl"], [Origin("topology", tls.origin)]
    certificate = tls.certificates.get(bind.vip or "", tls.certificate)
    if certificate is not None:
        words += ["crt", certificate]
        own = bind.vip in tls.certificates
        origins.append(tls.origins["certificates" if own else "certificate"])
    if tls.crt_list is not None:
        words += ["crt-list", tls.crt_list]
        origins.append(tls.origins["crt_list"])
    oldest = tls.min_version or _OLDEST[tls.profile]
    origins.append(tls.origins["min_version" if tls.min_version else "profile"])
    words += ["ssl-min-ver", oldest] if has >= _MIN_VERSION else ["no-sslv3", "no-tlsv10", "no-tlsv11"]
    if mode == "http" and has >= _MIN_VERSION:
        words += ["alpn", "h2,http/1.1" if tls.http2 else "http/1.1"]
        origins.append(tls.origins["http2"])
    if tls.clients is not None:
        words += ["ca-file", tls.clients.ca_file, "verify", tls.clients.verify]
        words += ["crl-file", tls.clients.crl_file] if tls.clients.crl_file else []
        origins.append(tls.origins["clients"])
    return " " + " ".join(words), tuple(origins)


def defaults(every: tuple[Tls, ...], has: Version) -> Iterator[Line]:
    """Yield what `global` says of TLS towards clients, if there is any; `every` has all of it."""
    if not every:
        return
    profile = (every[0].origins["profile"],)
    yield Line(f"ssl-default-bind-ciphers {_CIPHERS}", profile)
    # Those of TLS 1.3 can be chosen since 1.8.15 and 1.9, curves since 2.2.
    if has >= (2, 0):
        yield Line(f"ssl-default-bind-ciphersuites {_SUITES}", profile)
    if has >= (2, 2):
        yield Line(f"ssl-default-bind-curves {_CURVES}", profile)
    if has >= _MIN_VERSION:
        why = "a key of session tickets that is never changed would undo forward secrecy"
        yield Line(
            "ssl-default-bind-options prefer-client-ciphers no-tls-tickets",
            (*profile, Origin("hagen", (), why)),
        )
    yield Line(
        "tune.ssl.default-dh-param 2048",
        (Origin("hagen", (), "HAProxy before 2.2 took 1024 bits, which are too few"),),
    )
    updating = [tls for tls in every if tls.ocsp_update]
    if updating:
        yield Line("ocsp-update.mode on", (updating[0].origins["ocsp_update"],))

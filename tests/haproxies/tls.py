"""A certificate authority for one test, and the certificates that it signs: for connections, not only for `-c`.

Keys are of the curve P-256, which every HAProxy here takes, and a certificate is good for two days.
"""

from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

import programs

_CONFIG = """\
[req]
distinguished_name = name
prompt = no
x509_extensions = extensions
[name]
CN = {name}
[extensions]
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
{extensions}
[ca]
default_ca = here
[here]
database = {folder}/revoked
default_md = sha256
default_crl_days = 2
"""
_AUTHORITY = """\
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign"""
_LEAF = """\
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = {use}
subjectAltName = {alternatives}"""


class Authority(NamedTuple):
    """A self-signed authority and its files in `folder`: `ca.pem`, its key `ca.key`, and its revocations `ca.crl`."""

    folder: Path

    @property
    def certificate(self) -> Path:
        """Return what `ca-file` names and a client trusts."""
        return self.folder / "ca.pem"

    @property
    def key(self) -> Path:
        """Return the authority's own key."""
        return self.folder / "ca.key"

    @property
    def revocations(self) -> Path:
        """Return the list of revoked certificates, for `crl-file`: it is empty."""
        return self.folder / "ca.crl"

    def server(self, name: str, alternatives: Sequence[str] = ()) -> Path:
        """Return the certificate and key of a server in one file, as `crt` wants them.

        It is for `name` and each of `alternatives`, which are host names, `*.` included, or addresses.
        """
        return self._signed(name, "serverAuth", (name, *alternatives))

    def client(self, name: str) -> Path:
        """Return the certificate and key of a client in one file, for a browser or a `server … crt`."""
        return self._signed(name, "clientAuth", (name,))

    def _signed(self, name: str, use: str, alternatives: Sequence[str]) -> Path:
        path = self.folder / f"{name.replace('*', '_')}.pem"
        listed = ", ".join(f"{_kind(each)}:{each}" for each in alternatives)
        extensions = _LEAF.format(use=use, alternatives=listed)
        _request(path, name, extensions, "-CA", self.certificate, "-CAkey", self.key)
        path.write_text(path.read_text() + path.with_suffix(".key").read_text())
        return path


def authority(folder: Path) -> Authority:
    """Make an authority in `folder`, and an empty list of what it revoked."""
    folder.mkdir(parents=True, exist_ok=True)
    made = Authority(folder)
    config = _request(made.certificate, "hagen test authority", _AUTHORITY)
    (folder / "revoked").touch()
    signer = ("-keyfile", made.key, "-cert", made.certificate)
    programs.run("openssl", "ca", "-gencrl", "-config", config, *signer, "-out", made.revocations).require()
    return made


def _request(path: Path, name: str, extensions: str, *signer: str | Path) -> Path:
    """Write a certificate to `path` and its key beside it, and return the configuration of openssl."""
    config = path.with_suffix(".cnf")
    config.write_text(_CONFIG.format(name=name, extensions=extensions, folder=path.parent))
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    places: tuple[str | Path, ...] = ("-config", config, "-keyout", path.with_suffix(".key"), "-out", path)
    programs.run("openssl", "req", "-x509", *key, "-days", "2", *places, *signer).require()
    return config


def _kind(alternative: str) -> str:
    try:
        ip_address(alternative)
    except ValueError:
        return "DNS"
    return "IP"

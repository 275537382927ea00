"""Names of the user's choice that something else has already: hagen, the packages, HAProxy's unit or bash.

Source: the manuals of HAProxy ("Environment variables") and bash ("Shell Variables").
"""

import re
from collections.abc import Iterator

from hagen import codes
from hagen.diagnostic import Diagnostic, Label
from hagen.model import Frontend, Service, Topology
from hagen.source import Pointer

_UNIT_VARIABLES = re.compile(
    "CONFIG|CFGDIR|PIDFILE|OPTIONS|EXTRAOPTS"
    "|HAPROXY_(?:BRANCH|CFGFILES|CLI|LOAD_SUCCESS|LOCALPEER|MASTER_CLI|MWORKER(?:_.*)?|PROCESSES"
    "|STARTUPLOGS_FD|STARTUP_VERSION|.*_LOG_FMT)"
    "|PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_.*|TZ|TMPDIR|LD_.*|MALLOC_.*|GLIBC_.*|OPENSSL_.*|LUA_.*"
    "|NOTIFY_SOCKET|LISTEN_(?:FDNAMES|FDS|PID)|MAINPID|INVOCATION_ID|JOURNAL_STREAM|SYSTEMD_.*|WATCHDOG_.*"
)
"""Variables that HAProxy's unit, systemd, HAProxy or its libraries set or obey."""

_SHELL_VARIABLES = re.compile(
    "BASH.*|CDPATH|COLUMNS|COMP_.*|COMPREPLY|COPROC|DIRSTACK|ENV|EPOCH.*|EUID|EXECIGNORE|FIGNORE|FUNCNAME|FUNCNEST"
    "|GLOBIGNORE|GROUPS|HIST(?:CMD|CONTROL|FILE|FILESIZE|IGNORE|SIZE|TIMEFORMAT)|HOME|HOSTFILE|HOSTNAME|HOSTTYPE|IFS|IGNOREEOF|INPUTRC|LANG|LANGUAGE|LC_.*|LINENO|LINES"
    "|LOGNAME|MACHTYPE|MAIL|MAILCHECK|MAILPATH|MAPFILE|OLDPWD|OPTARG|OPTERR|OPTIND|OSTYPE|PATH|PIPESTATUS|POSIXLY_CORRECT|PPID"
    "|PROMPT_.*|PS[0-4]|PWD|RANDOM|READLINE_.*|REPLY|SECONDS|SHELL.*|SHLVL|SRANDOM|TERM|TIMEFORMAT|TMOUT|TMPDIR|TZ|UID"
    "|USER|LD_.*|MALLOC_.*|GLIBC_.*|PYTHON.*|GEM_.*|RUBY.*"
)
"""Variables that bash, or a program that pcs.sh runs, sets or obeys."""


def check(topology: Topology) -> Iterator[Diagnostic]:
    """Yield names that are taken."""
    yield from _sections(topology)
    if topology.cluster.name == topology.platform.ready_made:
        yield codes.RESERVED_NAME.at(
            topology.cluster.origins["name"].at,
            f"`{topology.cluster.name}` is the name of the one-node cluster that the packages of "
            f"{topology.platform.title} start, and provisioning destroys a cluster of that name",
            hint="take another name",
        )
    yield from _variables(topology)


def _sections(topology: Topology) -> Iterator[Diagnostic]:
    """Yield frontends and services whose name a section of haproxy.cfg has that hagen makes, or another of them.

    Peers and name servers are no proxies: their sections may have the name of one.
    """
    made: dict[str, tuple[str, Pointer | None]] = {"stats": ("the stats page", None)}
    proxy = topology.proxy
    for name, what, part in (
        ("metrics", "the exporter of metrics", proxy.metrics),
        ("acme", "the servers that answer ACME's challenges", proxy.acme),
    ):
        if part is not None:
            made[name] = what, part.origin
    entries: list[tuple[str, Frontend | Service]] = [("frontend", each) for each in topology.frontends]
    entries += [("service", each) for each in topology.services]
    for kind, entry in entries:
        for name, what in _made_for(entry):
            made.setdefault(name, (f"{what} of {kind} `{entry.name}`", entry.origin))
    for frontend in topology.frontends:
        made.setdefault(frontend.name, (f"frontend `{frontend.name}`", frontend.origin))
    for _, entry in entries:
        what, at = made.get(entry.name, ("", None))
        if what and at != entry.origin:
            yield codes.RESERVED_NAME.at(
                entry.origin,
                f"`{entry.name}` is the name of {what} in haproxy.cfg",
                *([] if at is None else [Label(at, "made for this", on_key=True)]),
                hint="take another name",
                on_key=True,
            )


def _made_for(entry: Frontend | Service) -> Iterator[tuple[str, str]]:
    """Yield the names of the sections that are made besides an entry's own, and what they are."""
    if entry.tls is not None and entry.tls.redirects:
        yield f"{entry.name}-http", "the redirect"
    if entry.rate_limit is not None:
        yield f"{entry.name}-rate", "the table of clients"
    if isinstance(entry, Service):
        if entry.routes and entry.binds:
            yield f"{entry.name}-front", "the frontend"
    elif entry.default_service is None:
        yield f"{entry.name}-none", "the answer to nobody's requests"


def _variables(topology: Topology) -> Iterator[Diagnostic]:
    name = topology.cluster.password.env
    if name is not None and _SHELL_VARIABLES.fullmatch(name):
        yield codes.RESERVED_NAME.at(
            ("cluster", "password", "env"),
            f"the variable {name} is one that bash, or a program that pcs.sh runs, sets or obeys itself",
            hint="take another name, such as HACLUSTER_PASSWORD",
        )
    stats = topology.proxy.stats
    if stats is not None and _UNIT_VARIABLES.fullmatch(stats.password_env):
        yield codes.RESERVED_NAME.at(
            ("proxy", "stats", "password", "env"),
            f"the variable {stats.password_env} is one that HAProxy or its service sets or obeys itself",
            hint="take another name, such as HAPROXY_STATS_PASSWORD",
        )
    for service in topology.services:
        name = service.check.redis_password_env
        if service.check.kind == "redis" and name is not None and _UNIT_VARIABLES.fullmatch(name):
            yield codes.RESERVED_NAME.at(
                (*service.check.origin, "redis", "password", "env"),
                f"the variable {name} is one that HAProxy or its service sets or obeys itself",
                hint="take another name, such as REDIS_PASSWORD",
            )

"""Names of the user's choice that something else has already: hagen, the packages, HAProxy's unit or bash.

Source: the manuals of HAProxy ("Environment variables") and bash ("Shell Variables").
"""

import re
from collections.abc import Iterator

from hagen import codes
from hagen.diagnostic import Diagnostic
from hagen.model import Topology

_SECTIONS = {"stats": "the stats page"}

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
    for service in topology.services:
        if service.name in _SECTIONS:
            yield codes.RESERVED_NAME.at(
                service.origin,
                f"`{service.name}` is the name of {_SECTIONS[service.name]} in haproxy.cfg",
                hint="take another name",
                on_key=True,
            )
    if topology.cluster.name == topology.platform.ready_made:
        yield codes.RESERVED_NAME.at(
            topology.cluster.origins["name"].at,
            f"`{topology.cluster.name}` is the name of the one-node cluster that the packages of "
            f"{topology.platform.title} start, and provisioning destroys a cluster of that name",
            hint="take another name",
        )
    yield from _variables(topology)


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

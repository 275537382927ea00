"""Rules: the proxy and names."""

from hagen.diagnostic import Code

LISTENER_COLLISION = Code("HG4401", "listener-collision", "error", "two listeners want one address and port")
DAEMON_COLLISION = Code(
    "HG4402", "daemon-collision", "error", "the proxy and a daemon of the same node want one address and port"
)
PROXY_TORN = Code(
    "HG4403", "proxy-torn-apart", "error", "the proxy is to follow VIPs that are not kept together"
)
INERT_CHECK = Code("HG4404", "inert-check", "error", "settings of a check that its kind does not use")
RESERVED_NAME = Code("HG4405", "reserved-name", "error", "a name that something else has already")
HTTP_LOG_WITHOUT_HTTP = Code(
    "HG4406", "http-log-without-http", "error", "HTTP requests are to be logged of a service in mode tcp"
)
NEWER_HAPROXY = Code(
    "HG4407", "newer-haproxy", "error", "a feature that the platform's HAProxy does not have"
)

# Services and frontends: checks, modes, servers, TLS, routes, endurance, exposure.

WRONG_PROTOCOL_CHECK = Code(
    "HG4410", "wrong-protocol-check", "error", "a check that speaks another protocol than the port it asks"
)
SHALLOW_CHECK = Code(
    "HG4411", "shallow-check", "warning", "a check that only connects, where the catalog has one that asks"
)
NO_CHECK = Code("HG4412", "no-check", "warning", "several servers, and nothing finds out which of them live")
UNUSABLE_CHECK = Code(
    "HG4413", "unusable-check", "error", "a check that lacks what it needs, or expects what cannot be"
)
AGENT_PORT_TAKEN = Code(
    "HG4414", "agent-port-taken", "error", "the agent of a check is asked where something else answers"
)
NEEDS_MODE_HTTP = Code(
    "HG4415", "needs-mode-http", "error", "what is done with requests is said of a service in mode tcp"
)
NEEDS_MODE_TCP = Code("HG4416", "needs-mode-tcp", "error", "mode http for a service that does not speak HTTP")
UNFIT_BALANCE_OPTION = Code(
    "HG4417",
    "unfit-balance-option",
    "error",
    "a way to balance lacks what it needs or is given what it ignores",
)
INERT_SPREADING = Code("HG4418", "inert-spreading", "error", "weights or a balance at which nothing looks")
WRITER_AMONG_BACKUPS = Code(
    "HG4419", "writer-among-backups", "error", "backups are named of a service whose writer decides them"
)
SINGLE_SERVER = Code("HG4420", "single-server", "warning", "a service that runs on one node of several")
SECOND_WRITER = Code(
    "HG4421", "second-writer", "error", "sessions can stay with two servers of a service that has one writer"
)
TLS_WITHOUT_FILE = Code(
    "HG4422", "tls-without-file", "error", "TLS without the certificate or the authorities that it needs"
)
INERT_TLS = Code("HG4423", "inert-tls", "error", "settings of TLS that have no effect")
SERVERS_NOT_VERIFIED = Code(
    "HG4424", "servers-not-verified", "warning", "TLS towards servers that takes any certificate"
)
OTHER_RELEASE = Code(
    "HG4425", "other-release", "warning", "a service that the cluster's OpenStack release does not have"
)
ROUTE_TO_MODE_TCP = Code("HG4426", "route-to-mode-tcp", "error", "requests are led to a service in mode tcp")
AMBIGUOUS_ROUTE = Code(
    "HG4427", "ambiguous-route", "error", "two routes of a frontend want the same requests"
)
FRONTEND_WITHOUT_SERVICE = Code(
    "HG4428", "frontend-without-service", "error", "a frontend from which no request goes anywhere"
)
INERT_ROUTING = Code(
    "HG4429", "inert-routing", "error", "settings that have no effect at a service that has only routes"
)
ACME_WITHOUT_PORT_80 = Code(
    "HG4430", "acme-without-port-80", "error", "challenges of ACME come to port 80, where nothing listens"
)
UNUSED_SECTION = Code(
    "HG4431", "unused-section", "warning", "peers or name servers that no service makes use of"
)
TABLE_WITHOUT_PEERS = Code(
    "HG4432", "table-without-peers", "error", "a stick table is to be shared, and the proxy has no peers"
)
UNRESOLVED_SERVER = Code(
    "HG4433", "unresolved-server", "error", "host names and the way to resolve them do not go together"
)
TIMEOUT_TOO_SHORT = Code(
    "HG4434", "timeout-too-short", "error", "a timeout below what the clients of a service need"
)
HALF_OPEN_SESSIONS = Code(
    "HG4435", "half-open-sessions", "warning", "long timeouts without keep-alives on both sides"
)
CROWDED_PROXY = Code("HG4436", "crowded-proxy", "warning", "services can take all connections of the proxy")
CROWDED_DAEMON = Code(
    "HG4437", "crowded-daemon", "error", "the proxies may open more connections than a daemon takes"
)
EXPOSED_SERVICE = Code(
    "HG4438", "exposed-service", "error", "an internal service is offered on a public network", safety=True
)
NEEDLESS_PROXY = Code(
    "HG4439", "needless-proxy", "warning", "a service whose clients had better reach it without a proxy"
)

# Places on the nodes.

TWO_DAEMONS = Code("HG4440", "two-daemons", "error", "two programs of a node want one port")
STATE_WITHOUT_SOCKET = Code(
    "HG4441",
    "state-without-socket",
    "error",
    "server states are to be kept, and HAProxy cannot be asked for them",
)

# Lines of HAProxy's own language.

BROKEN_EXTRA_LINE = Code(
    "HG4460", "broken-extra-line", "error", "an extra line that HAProxy would not read as one setting"
)
EXTRA_LINE_OVERRIDES = Code(
    "HG4461", "extra-line-overrides", "error", "an extra line that sets what hagen sets"
)
SECRET_IN_EXTRA_LINE = Code("HG4462", "secret-in-extra-line", "error", "an extra line with a secret in it")

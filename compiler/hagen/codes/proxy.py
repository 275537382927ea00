"""Rules: the proxy and names."""

from hagen.diagnostic import Code

LISTENER_COLLISION = Code("HG4401", "listener-collision", "error", "two listeners want one address and port")
DAEMON_COLLISION = Code(
    "HG4402", "daemon-collision", "error", "the proxy and a daemon of the same node want one address and port"
)
PROXY_TORN = Code(
    "HG4403", "proxy-torn-apart", "error", "the proxy is to follow VIPs that are not kept together"
)
INERT_CHECK = Code(
    "HG4404", "inert-check", "error", "settings of one kind of check under a check of another kind"
)
RESERVED_NAME = Code("HG4405", "reserved-name", "error", "a name that something else has already")
HTTP_LOG_WITHOUT_HTTP = Code(
    "HG4406", "http-log-without-http", "error", "HTTP requests are to be logged of a service in mode tcp"
)
NEWER_HAPROXY = Code(
    "HG4407", "newer-haproxy", "error", "a feature that the platform's HAProxy does not have"
)

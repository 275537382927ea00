"""Resolve: references and texts that stand for something."""

from hagen.diagnostic import Code

UNKNOWN_NETWORK = Code("HG3001", "unknown-network", "error", "a network that `networks` does not have")
UNKNOWN_NODE = Code("HG3002", "unknown-node", "error", "a node that `nodes` does not have")
UNKNOWN_VIP = Code("HG3003", "unknown-vip", "error", "a VIP that `vips` does not have")
BAD_ADDRESS = Code("HG3004", "bad-address", "error", "a text that looks like an IP address but is none")
BAD_CIDR = Code("HG3005", "bad-cidr", "error", "a network that cannot be written like this")
NO_ADDRESS_THERE = Code(
    "HG3006", "no-address-on-network", "error", "a node lacks the address that is needed of it"
)
INCOMPLETE_SERVICE = Code("HG3007", "incomplete-service", "error", "a service without a type says too little")
VIP_WITH_ITSELF = Code("HG3008", "vip-with-itself", "error", "VIPs that follow each other in a circle")
WRITER_IS_NO_SERVER = Code("HG3009", "writer-is-no-server", "error", "the writer is not one of the servers")
UNKNOWN_RESOURCE = Code("HG3010", "unknown-resource", "error", "a resource that the topology does not have")
UNKNOWN_DEVICE = Code("HG3011", "unknown-fencing-device", "error", "a fencing device that does not exist")
UNKNOWN_ROLE = Code("HG3012", "unknown-acl-role", "error", "an ACL role that `acls.roles` does not have")
UNKNOWN_TICKET = Code("HG3013", "unknown-ticket", "error", "a ticket that `booth.tickets` does not have")
BAD_CONSTRAINT = Code(
    "HG3014", "bad-constraint", "error", "a constraint that says too little, too much or what has no meaning"
)
BAD_CONDITION = Code("HG3015", "bad-condition", "error", "a condition of a rule that cannot be understood")
UNKNOWN_SERVICE = Code("HG3016", "unknown-service", "error", "a service that `services` does not have")
UNKNOWN_FRONTEND = Code("HG3017", "unknown-frontend", "error", "a frontend that `frontends` does not have")
UNKNOWN_SERVER = Code("HG3018", "unknown-server", "error", "a server that the service does not have")
UNKNOWN_RESOLVERS = Code(
    "HG3019", "unknown-resolvers", "error", "name servers that `proxy.resolvers` does not have"
)
SERVER_TWICE = Code("HG3020", "server-twice", "error", "an external server that is called like a node")

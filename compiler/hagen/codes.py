"""Every kind of diagnostic, once: numbered by stage, never renumbered, a retired number never reused.

HG1xxx load, HG2xxx schema, HG3xxx resolve, HG4xxx rules (40 quorum, 41 nodes and networks, 42 VIPs, 43 fencing
and secrets, 44 proxy, 45 kernel, 46 provisioning), HG6xxx write, HG9xxx hagen itself.
"""

from hagen.diagnostic import Code

UNREADABLE_SOURCE = Code("HG1000", "unreadable-source", "error", "the topology cannot be read")
NOT_UTF8 = Code("HG1001", "not-utf-8", "error", "the topology is not UTF-8 text")
CONTROL_CHARACTER = Code("HG1002", "control-character", "error", "a character that no artifact can carry")
TOO_LARGE = Code("HG1003", "too-large", "error", "the topology has more bytes or nodes than hagen reads")
TOO_DEEP = Code("HG1004", "too-deep", "error", "the topology is nested too deeply")
EMPTY_DOCUMENT = Code("HG1005", "empty-document", "error", "the topology says nothing")
SEVERAL_DOCUMENTS = Code("HG1006", "several-documents", "error", "one file holds several YAML documents")
ANCHOR_OR_ALIAS = Code(
    "HG1007", "anchor-or-alias", "error", "anchors and aliases are not part of the language"
)
TAG = Code("HG1008", "tag", "error", "tags are not part of the language")
MERGE_KEY = Code("HG1009", "merge-key", "error", "merge keys are not part of the language")
DUPLICATE_KEY = Code("HG1010", "duplicate-key", "error", "a key is written twice in one mapping")
KEY_IS_NOT_TEXT = Code(
    "HG1011", "key-is-not-text", "error", "a key is a list, a mapping, a number or nothing"
)
TAB_INDENTATION = Code("HG1012", "tab-indentation", "error", "a tab stands where YAML wants spaces")
YAML_SYNTAX = Code("HG1013", "yaml-syntax", "error", "the text is not YAML")
AMBIGUOUS_SCALAR = Code(
    "HG1014", "ambiguous-scalar", "error", "YAML 1.1 and YAML 1.2 read this number differently"
)

UNKNOWN_KEY = Code("HG2001", "unknown-key", "error", "a key that the language does not have")
MISSING_KEY = Code("HG2002", "missing-key", "error", "a key that must be there is not")
WRONG_TYPE = Code("HG2003", "wrong-type", "error", "a value of the wrong type")
SCHEMA_VIOLATION = Code("HG2004", "schema-violation", "error", "a value that the schema does not allow")
UNKNOWN_VALUE = Code("HG2005", "unknown-value", "error", "a word that is not one of those allowed here")
BAD_FORM = Code("HG2006", "bad-form", "error", "a text that does not have the form wanted here")
OUT_OF_RANGE = Code("HG2007", "out-of-range", "error", "a number, length or count outside its range")
BAD_NAME = Code("HG2008", "bad-name", "error", "a name that cannot be used as one")
SECRET_AS_TEXT = Code("HG2009", "secret-as-text", "error", "a secret written into the topology")

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

EVEN_NODES = Code(
    "HG4001",
    "even-nodes-without-device",
    "error",
    "an even number of nodes can split into equal halves",
    safety=True,
)
QUORUM_IGNORED = Code(
    "HG4002", "quorum-ignored", "error", "three or more nodes that go on without quorum", safety=True
)
DEVICE_IS_NODE = Code(
    "HG4003", "quorum-device-is-node", "error", "the quorum device runs on a node it has to judge"
)

DUPLICATE_NODE_ADDRESS = Code("HG4101", "duplicate-node-address", "error", "two nodes have one address")
NODE_OUTSIDE_NETWORK = Code(
    "HG4102", "node-outside-network", "error", "a node's address is not in its network"
)
NETWORKS_OVERLAP = Code("HG4103", "networks-overlap", "error", "two networks share addresses")
NODE_IS_RESERVED = Code(
    "HG4104",
    "node-is-reserved-address",
    "error",
    "a node has its network's own, broadcast or gateway address",
)
GATEWAY_OUTSIDE_NETWORK = Code(
    "HG4105", "gateway-outside-network", "error", "a network's gateway is not in the network"
)
UNUSABLE_RANGE = Code("HG4106", "unusable-range", "error", "a network in a range that no hosts can have")

VIP_IS_NODE_ADDRESS = Code("HG4201", "vip-is-node-address", "error", "a VIP is a node's own address")
DUPLICATE_VIP = Code("HG4202", "duplicate-vip", "error", "two VIPs have one address")
VIP_OUTSIDE_NETWORK = Code("HG4203", "vip-outside-network", "error", "a VIP's address is not in its network")
VIP_IS_RESERVED = Code(
    "HG4204", "vip-is-reserved-address", "error", "a VIP is its network's own, broadcast or gateway address"
)

FENCING_OFF = Code("HG4301", "fencing-off", "error", "a production cluster without fencing", safety=True)
FENCING_UNREASONED = Code(
    "HG4302", "fencing-off-without-reason", "error", "fencing is off and nobody says why"
)
NO_FENCING_DEVICE = Code(
    "HG4303", "node-without-fencing-device", "error", "no fencing device can stop this node"
)
SECRET_OPTION = Code(
    "HG4304", "secret-in-options", "error", "a fencing option that holds a secret as plain text"
)
FENCING_CONTRADICTION = Code(
    "HG4305", "fencing-contradiction", "error", "fencing devices in a cluster whose fencing is off"
)
DERIVED_OPTION = Code(
    "HG4306", "derived-option", "error", "a fencing option that hagen writes itself, or that undoes fencing"
)
TARGET_NOT_IN_MAP = Code("HG4307", "target-not-in-map", "error", "a fencing device's map leaves out a target")

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

DERIVED_SYSCTL = Code("HG4501", "derived-sysctl", "error", "a kernel parameter against what the VIPs need")
KICKSTART_PLATFORM = Code(
    "HG4601", "kickstart-without-anaconda", "error", "a kickstart file for a platform without Anaconda"
)

CANNOT_WRITE = Code("HG6001", "cannot-write", "error", "the output folder cannot be written")
SYMLINK_IN_THE_WAY = Code(
    "HG6002", "symlink-in-the-way", "error", "a symbolic link stands inside the output folder"
)
FOREIGN_FILE = Code("HG6003", "foreign-file", "error", "a file that hagen did not make stands in the way")
EDITED_LEFTOVER = Code(
    "HG6004", "edited-leftover", "warning", "a file that is no longer made was edited, so it stays"
)
SHARED_FOLDER = Code("HG6005", "shared-folder", "error", "two topologies would be written into one folder")

BUG = Code("HG9001", "bug-in-hagen", "error", "hagen itself failed")

ALL: tuple[Code, ...] = tuple(value for value in globals().values() if isinstance(value, Code))
"""Every code, in the order of their numbers."""

RETIRED: tuple[str, ...] = ()
"""Numbers that were used once and mean nothing now."""

"""Every kind of diagnostic, once: numbered by stage, never renumbered, a retired number never reused.

HG1xxx load, HG2xxx schema, HG3xxx resolve, HG4xxx rules (40 quorum, 41 nodes and networks, 42 VIPs, 43 fencing
and secrets, 44 proxy, 45 kernel, 46 platform and provisioning, 47 resources and constraints, 48 Corosync and timing,
49 booth),
HG6xxx write, HG9xxx hagen itself.
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
QUORUM_OPTION_WITH_DEVICE = Code(
    "HG4004",
    "quorum-option-with-device",
    "error",
    "a quorum option that turns the quorum device off",
)
WINDOW_WITHOUT_FEATURE = Code(
    "HG4005",
    "window-without-last-man-standing",
    "error",
    "a window for last_man_standing, which is off",
)
ALONE_AFTER_START = Code(
    "HG4006",
    "alone-after-start",
    "error",
    "nodes that go on alone after a start",
    safety=True,
)
ONE_NODE_DECIDES = Code(
    "HG4007",
    "one-node-decides",
    "warning",
    "of two nodes the second cannot live without the first",
)
USELESS_FFSPLIT = Code(
    "HG4008",
    "useless-ffsplit",
    "warning",
    "a quorum device for halves that an odd number of nodes does not have",
)
DEVICE_TIMING = Code(
    "HG4009",
    "quorum-device-timing",
    "error",
    "times of the quorum device that it does not accept",
)
INERT_HEURISTICS = Code(
    "HG4010",
    "inert-heuristics",
    "error",
    "settings of heuristics that are not used in their mode",
)
UNKNOWN_TIE_BREAKER = Code(
    "HG4011",
    "unknown-tie-breaker",
    "error",
    "a tie breaker that is none of the nodes",
)
QNETD_PORT = Code(
    "HG4012",
    "qnetd-port",
    "error",
    "a port on which the quorum device's host does not listen",
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
DEVICE_ON_ITS_TARGET = Code(
    "HG4308",
    "device-on-its-target",
    "error",
    "a fencing device that only its own target could use",
)
LEVEL_WITHOUT_TARGET = Code(
    "HG4309",
    "level-without-target",
    "error",
    "a fencing level whose devices cannot stop its node",
)
LEVELS_OUT_OF_ORDER = Code(
    "HG4310",
    "levels-out-of-order",
    "error",
    "fencing levels of one target with a gap or twice the same number",
)
LEVEL_OF_NOTHING = Code("HG4311", "level-of-nothing", "error", "a fencing level that is for no node")
SHARED_BMC = Code("HG4312", "shared-bmc", "error", "two nodes that one BMC would stop")
ONE_PLUG = Code(
    "HG4313",
    "one-plug-for-several-nodes",
    "error",
    "a fencing device that would stop the wrong node",
)
BMC_IS_NODE = Code(
    "HG4314",
    "bmc-is-cluster-address",
    "error",
    "a BMC's address that is a node's or a VIP's",
)
DELAY_REVERSED = Code(
    "HG4315",
    "delay-reversed",
    "error",
    "a longest delay that is shorter than the base delay",
)
PRIORITY_DELAY_TOO_SHORT = Code(
    "HG4316",
    "priority-delay-too-short",
    "warning",
    "a priority-fencing-delay that other delays outweigh",
)
PRIORITY_DELAY_WITHOUT_PRIORITY = Code(
    "HG4317",
    "priority-delay-without-priority",
    "warning",
    "a priority-fencing-delay where nothing has a priority",
)
WAIVER_WITHOUT_NEED = Code("HG4318", "waiver-without-need", "error", "a waiver for fencing that is on")
SBD_WITHOUT_QUORUM = Code(
    "HG4319",
    "sbd-without-quorum",
    "error",
    "diskless SBD in a cluster that goes on without quorum",
    safety=True,
)
SBD_WITHOUT_MAJORITY = Code(
    "HG4320",
    "sbd-without-majority",
    "error",
    "diskless SBD in a cluster whose halves could both reset",
)
SBD_DISK_UNUSED = Code("HG4321", "sbd-disk-unused", "error", "SBD disks that no fencing device writes to")
SBD_DISKS_DIFFER = Code(
    "HG4322",
    "sbd-disks-differ",
    "error",
    "SBD settings of a node that do not fit those of the cluster",
)

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

DERIVED_SYSCTL = Code("HG4501", "derived-sysctl", "error", "a kernel parameter against what the VIPs need")
KICKSTART_PLATFORM = Code(
    "HG4601", "kickstart-without-anaconda", "error", "a kickstart file for a platform without Anaconda"
)
NEWER_PLATFORM = Code(
    "HG4602",
    "newer-platform",
    "error",
    "a feature that came after the platform's versions",
)
OLDER_PLATFORM = Code(
    "HG4603",
    "older-platform",
    "error",
    "a feature that the platform's versions no longer have",
)

ORDER_CIRCLE = Code("HG4701", "order-circle", "error", "resources that wait for each other in a circle")
COLOCATION_CIRCLE = Code(
    "HG4702", "colocation-circle", "error", "resources that follow each other in a circle"
)
TOGETHER_AND_APART = Code(
    "HG4703", "together-and-apart", "error", "resources that must share a node and must not"
)
RUNS_NOWHERE = Code("HG4704", "runs-nowhere", "error", "constraints that leave a resource no node")
VIP_CANNOT_MOVE = Code(
    "HG4705", "vip-cannot-move", "error", "constraints that leave a VIP one node only", safety=True
)
WITHIN_ITSELF = Code("HG4706", "within-itself", "error", "a constraint between a resource and itself")
DUPLICATE_CONSTRAINT = Code(
    "HG4707", "duplicate-constraint", "error", "two constraints about the same resources"
)
BAD_PATTERN = Code(
    "HG4708", "bad-pattern", "error", "a location's pattern that cannot be read or that nothing matches"
)
OWNED_TWICE = Code("HG4709", "owned-twice", "error", "a resource in two groups, clones or bundles at once")
UNREACHABLE_BUNDLE = Code(
    "HG4710", "unreachable-bundle", "error", "a bundle whose resource the cluster cannot reach"
)
COPIES_MISFIT = Code("HG4711", "copies-misfit", "error", "numbers of copies that contradict each other")
NOT_PROMOTABLE = Code(
    "HG4712", "not-promotable", "error", "a role or action of what can be promoted, on what cannot"
)
BAD_OPERATION = Code("HG4713", "bad-operation", "error", "an operation that the cluster would not take")
NEEDS_FENCING = Code("HG4714", "needs-fencing", "error", "something that needs fencing, which is off")
SECRET_IN_RESOURCE = Code(
    "HG4715", "secret-in-resource", "error", "a parameter that holds a secret as plain text"
)
INERT_UTILIZATION = Code(
    "HG4716", "inert-utilization", "warning", "utilization that Pacemaker is not told to look at"
)
UNUSED_ROLE = Code("HG4717", "unused-acl-role", "warning", "an ACL role that nobody has")
BAD_BUNDLE_MAP = Code(
    "HG4718",
    "bad-bundle-map",
    "error",
    "a port map or storage map of a bundle that says too much or too little",
)

OTHER_TRANSPORT = Code(
    "HG4801",
    "option-of-another-transport",
    "error",
    "an option that this transport does not have",
)
CIPHER_WITHOUT_HASH = Code("HG4802", "cipher-without-hash", "error", "encryption without authentication")
COROSYNC_UNENCRYPTED = Code(
    "HG4803",
    "corosync-unencrypted",
    "error",
    "cluster messages that anybody on the network can read or forge",
    safety=True,
)
WEAK_HASH = Code("HG4804", "weak-hash", "warning", "an authentication that is no longer thought safe")
NETWORK_OF_TWO_LINKS = Code("HG4805", "network-of-two-links", "error", "two links on one network")
LINKS_WITHOUT_KNET = Code(
    "HG4806", "links-without-knet", "error", "several links with a transport that has one"
)
PRIORITY_WITHOUT_PASSIVE = Code(
    "HG4807",
    "priority-without-passive",
    "error",
    "priorities of links in a mode that ignores them",
)
PING_PAIR = Code("HG4808", "ping-pair", "error", "times of a link's pings that do not fit together")
COMPRESSION_LEVEL = Code(
    "HG4809",
    "compression-level",
    "error",
    "a compression level that the library does not have",
)
CONSENSUS_TOO_SHORT = Code(
    "HG4810",
    "consensus-too-short",
    "error",
    "a consensus timeout too short for the token timeout",
)
TOTEM_TIMING = Code(
    "HG4811",
    "totem-timing",
    "error",
    "times of Corosync that it refuses or that undo each other",
)
HEARTBEAT_OFF = Code("HG4812", "heartbeat-off", "error", "a setting for heartbeats, which are off")
LINK_FAMILY = Code(
    "HG4813",
    "link-address-family",
    "error",
    "a link whose addresses are of another family than its options say",
)
MSGWAIT_TOO_SHORT = Code(
    "HG4814",
    "msgwait-too-short",
    "error",
    "a message timeout too short for the watchdog",
)
STONITH_TIMEOUT_TOO_SHORT = Code(
    "HG4815",
    "stonith-timeout-too-short",
    "error",
    "fencing that is given up before it can be done",
)
WATCHDOG_FENCING_TIMEOUT = Code(
    "HG4816",
    "watchdog-fencing-timeout",
    "error",
    "a stonith-watchdog-timeout that does not fit SBD",
)
WATCHDOG_TOO_SHORT = Code(
    "HG4817",
    "watchdog-before-device",
    "error",
    "a watchdog that does not wait for the quorum device",
)
DELAY_START_TOO_SHORT = Code(
    "HG4818",
    "delay-start-too-short",
    "warning",
    "a start delay that ends before fencing is over",
)
FAILURE_FORGOTTEN = Code(
    "HG4819",
    "failure-forgotten",
    "warning",
    "failures that are forgotten before they can be counted",
)

TICKET_EXPIRES_EARLY = Code(
    "HG4901", "ticket-expires-early", "error", "a ticket that expires while it is still being renewed"
)
EVEN_VOTERS = Code("HG4902", "even-voters", "warning", "an even number of sites and arbitrators")

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

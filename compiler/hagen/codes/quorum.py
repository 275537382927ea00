"""Rules: quorum."""

from hagen.diagnostic import Code

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

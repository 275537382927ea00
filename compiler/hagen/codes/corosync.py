"""Rules: Corosync, timing, booth."""

from hagen.diagnostic import Code

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
FENCING_HURRIED = Code(
    "HG4820",
    "fencing-hurried",
    "warning",
    "a stonith-timeout shorter than a power cycle usually is",
)
TICKET_EXPIRES_EARLY = Code(
    "HG4901", "ticket-expires-early", "error", "a ticket that expires while it is still being renewed"
)
EVEN_VOTERS = Code("HG4902", "even-voters", "warning", "an even number of sites and arbitrators")
DUPLICATE_VOTER = Code("HG4903", "duplicate-voter", "error", "two sites or arbitrators have one address")

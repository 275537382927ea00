"""Rules: fencing and secrets."""

from hagen.diagnostic import Code

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
SBD_DEVICE_MISFIT = Code(
    "HG4323", "sbd-device-misfit", "error", "a fence_sbd device for disks that SBD does not read"
)
STARTUP_UNFENCED = Code(
    "HG4324",
    "startup-fencing-off",
    "error",
    "nodes that were never seen are taken to be off",
    safety=True,
)
STARTS_BEFORE_FENCING = Code(
    "HG4325",
    "starts-before-fencing",
    "error",
    "VIPs that start before the lost node is stopped",
    safety=True,
)

"""Rules: resources and constraints."""

from hagen.diagnostic import Code

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
    "a port map or storage map of a bundle that cannot be made",
)
KNOWN_PROPERTY = Code(
    "HG4719", "known-property", "error", "a property among the unchecked ones that has a key of its own"
)
MISSPELT_PROPERTY = Code(
    "HG4720", "misspelt-property", "warning", "an unchecked property whose name looks misspelt"
)
MADE_BY_HAGEN = Code("HG4721", "made-by-hagen", "error", "a primitive of what hagen makes from another key")
GUEST_IN_COPIES = Code("HG4722", "guest-in-copies", "error", "a guest node in a resource that is copied")
DUPLICATE_PERMISSION = Code(
    "HG4723", "duplicate-permission", "error", "a user or group whose rights at pcsd are said twice"
)
TOO_MANY_APART = Code(
    "HG4724", "too-many-apart", "error", "more resources that must not share a node than nodes"
)

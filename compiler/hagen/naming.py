"""The ids that hagen gives to resources of the cluster: commands, checks, pages and rules speak of the same ones."""

PROXY = "lb-haproxy"
"""The id of HAProxy as a resource of the cluster."""

PROXY_CLONE = f"{PROXY}-clone"
"""The id that pcs gives to its clone."""


def vip_resource(name: str) -> str:
    """Return the id of the resource that the VIP `name` is."""
    return f"vip_{name}"

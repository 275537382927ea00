"""Valid data to topology: catalog types, references and derived values. Every mistake is collected."""

from hagen.diagnostic import Diagnostic
from hagen.model import Provisioning, Topology
from hagen.resolve.access import acls, alerts
from hagen.resolve.cluster import cluster
from hagen.resolve.constraint import booth, constraints
from hagen.resolve.frontend import frontends
from hagen.resolve.kernel import sysctls
from hagen.resolve.listening import Ground
from hagen.resolve.network import networks, nodes, vips
from hagen.resolve.platform import platform
from hagen.resolve.proxy import proxy
from hagen.resolve.reading import Reading
from hagen.resolve.resource import constrained, resources
from hagen.resolve.service import services
from hagen.schema import Valid


def resolve(valid: Valid) -> tuple[Topology | None, tuple[Diagnostic, ...]]:
    """Return the topology that `valid` stands for, or None and what keeps it from being one."""
    reading = Reading(valid)
    found_networks = networks(reading)
    found_nodes = nodes(reading)
    found_vips = vips(reading, found_networks)
    found_platform = platform(reading)
    found_cluster = cluster(reading, found_platform, found_networks, found_nodes)
    ground = Ground({node.name: node for node in found_nodes}, {vip.name: vip for vip in found_vips})
    found_proxy = proxy(reading, ground)
    found_frontends = frontends(reading, ground)
    found_services = services(reading, ground)
    found_resources = resources(reading, found_platform)
    found_constraints = constraints(reading, constrained(reading, found_resources, found_vips))
    found_booth, found_acls, found_alerts = booth(reading), acls(reading), alerts(reading)
    if reading.diagnostics:
        return None, tuple(reading.diagnostics)
    said = valid.data["provisioning"]
    found = Topology(
        platform=found_platform,
        cluster=found_cluster,
        networks=found_networks,
        nodes=found_nodes,
        vips=found_vips,
        proxy=found_proxy,
        frontends=found_frontends,
        services=found_services,
        resources=found_resources,
        constraints=found_constraints,
        booth=found_booth,
        acls=found_acls,
        alerts=found_alerts,
        sysctls=(),
        provisioning=Provisioning(
            cloud_init=said["cloud_init"],
            kickstart=said["kickstart"],
            firewall=said["firewall"],
            packages=tuple(said["packages"]),
            origins=reading.origins("provisioning"),
        ),
    )
    return found._replace(sysctls=sysctls(reading, found)), ()

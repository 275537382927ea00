"""The meaning of a CIB: what no one wished for and how it is worded do not count, everything else does."""

import pytest

from dialects.meaning import meaning, named_operations

pytestmark = pytest.mark.dialects

_PRIMITIVE = '<primitive id="{0}" class="ocf" provider="pacemaker" type="Dummy"/>'

CIB = f"""<cib epoch="4" num_updates="0" admin_epoch="0" validate-with="pacemaker-3.3" crm_feature_set="3.6.1">
  <configuration>
    <crm_config>
      <cluster_property_set id="cib-bootstrap-options">
        <nvpair id="opt-fencing" name="stonith-enabled" value="true"/>
        <nvpair id="opt-recheck" name="cluster-recheck-interval" value="5min"/>
      </cluster_property_set>
    </crm_config>
    <nodes/>
    <resources>
      <primitive id="vip" class="ocf" provider="heartbeat" type="IPaddr2">
        <instance_attributes id="vip-attributes">
          <rule id="vip-rule" boolean-op="and" score="INFINITY"><date_expression id="d" operation="gt" start="2026-01-01"/></rule>
          <nvpair id="vip-ip" name="ip" value="192.0.2.9"/>
          <nvpair id="vip-mask" name="cidr_netmask" value="24"/>
        </instance_attributes>
        <operations>
          <op id="vip-monitor" name="monitor" interval="10s" timeout="20s"/>
          <op id="vip-start" name="start" interval="0s" timeout="20s"/>
        </operations>
      </primitive>
      <group id="pair">{_PRIMITIVE.format("a")}{_PRIMITIVE.format("b")}</group>
      <clone id="db-clone">
        {_PRIMITIVE.format("db")}
        <meta_attributes id="db-meta">
          <nvpair id="db-max" name="promoted-max" value="1"/>
          <nvpair id="db-promotable" name="promotable" value="true"/>
        </meta_attributes>
      </clone>
      <primitive id="ipmi" class="stonith" type="fence_ipmilan">
        <instance_attributes id="ipmi-attributes">
          <nvpair id="ipmi-ip" name="ip" value="192.0.2.1"/>
          <nvpair id="ipmi-username" name="username" value="admin"/>
        </instance_attributes>
      </primitive>
    </resources>
    <constraints>
      <rsc_location id="near" rsc="vip" node="n1" score="100"/>
      <rsc_colocation id="with" rsc="vip" with-rsc="db-clone" with-rsc-role="Promoted" score="INFINITY"/>
      <rsc_location id="ruled" rsc="pair">
        <rule id="ruled-rule" score="50">
          <expression id="ruled-1" attribute="rack" operation="eq" value="a"/>
          <expression id="ruled-2" attribute="disk" operation="defined"/>
        </rule>
      </rsc_location>
      <rsc_order id="order">
        <resource_set id="order_set" sequential="true"><resource_ref id="vip"/><resource_ref id="pair"/></resource_set>
        <resource_set id="order_set-1"><resource_ref id="db-clone"/></resource_set>
      </rsc_order>
    </constraints>
    <fencing-topology>
      <fencing-level id="fl-n1-1" target="n1" index="1" devices="ipmi,other"/>
    </fencing-topology>
    <alerts>
      <alert id="mail" path="/usr/local/bin/mail">
        <recipient id="mail-ops" value="ops@example.org"/>
      </alert>
    </alerts>
  </configuration>
  <status/>
</cib>
"""

SAME = {
    "version": ('validate-with="pacemaker-3.3"', 'validate-with="pacemaker-4.0"'),
    "counters": ('epoch="4" num_updates="0"', 'epoch="9" num_updates="7"'),
    "status": ("<status/>", '<status><node_state id="1"/></status>'),
    "id of a set": ('id="vip-attributes"', 'id="vip-instance_attributes"'),
    "id of a value": ('id="opt-recheck"', 'id="cib-bootstrap-options-cluster-recheck-inte"'),
    "id of an operation": ('id="vip-monitor"', 'id="vip-monitor-interval-10s"'),
    "id of a rule": ('id="ruled-rule"', 'id="other"'),
    "id of an expression": ('id="ruled-1"', 'id="other"'),
    "id of a resource set": ('id="order_set-1"', 'id="other"'),
    "id of a level": ('id="fl-n1-1"', 'id="other"'),
    "order of attributes": ('rsc="vip" node="n1"', 'node="n1" rsc="vip"'),
    "empty section": ("<nodes/>", "<nodes/><tags/>"),
    "empty set": ("</group>", '<meta_attributes id="pair-meta"/></group>'),
    "set that got empty": (
        "</constraints>",
        '</constraints><rsc_defaults><meta_attributes id="d"/></rsc_defaults>',
    ),
    "version of Pacemaker": (
        '<nvpair id="opt-fencing"',
        '<nvpair id="dc" name="dc-version" value="2.1.5"/><nvpair id="opt-fencing"',
    ),
    "score of a rule that chooses values": (' boolean-op="and" score="INFINITY"', ""),
    "old role": ('with-rsc-role="Promoted"', 'with-rsc-role="Master"'),
    "old limit": ('name="promoted-max"', 'name="master-max"'),
    "old element": (
        CIB[CIB.index('<clone id="db-clone">') : CIB.index("</clone>") + len("</clone>")],
        f"""<master id="db-clone">{_PRIMITIVE.format("db")}<meta_attributes id="m">
        <nvpair id="x" name="master-max" value="1"/></meta_attributes></master>""",
    ),
    "old parameter": ('name="ip" value="192.0.2.1"', 'name="ipaddr" value="192.0.2.1"'),
    "old user name": ('name="username"', 'name="login"'),
}
"""Edits that change nothing: what is replaced, and by what."""

DIFFERENT = {
    "score": ('score="100"', 'score="101"'),
    "id of a constraint": ('id="near"', 'id="far"'),
    "id of a recipient": ('id="mail-ops"', 'id="mail-others"'),
    "members of a group": (
        _PRIMITIVE.format("a") + _PRIMITIVE.format("b"),
        _PRIMITIVE.format("b") + _PRIMITIVE.format("a"),
    ),
    "members of a set": (
        '<resource_ref id="vip"/><resource_ref id="pair"/>',
        '<resource_ref id="pair"/><resource_ref id="vip"/>',
    ),
    "order of sets": (
        CIB[CIB.index('<resource_set id="order_set"') : CIB.index("</rsc_order>")],
        """<resource_set id="a"><resource_ref id="db-clone"/></resource_set>
        <resource_set id="b" sequential="true"><resource_ref id="vip"/><resource_ref id="pair"/></resource_set>""",
    ),
    "missing value": ('<nvpair id="vip-mask" name="cidr_netmask" value="24"/>', ""),
    "duration": ('value="5min"', 'value="300"'),
    "operation": ('interval="10s" timeout="20s"', 'interval="10s" timeout="30s"'),
    "missing operation": ('<op id="vip-start" name="start" interval="0s" timeout="20s"/>', ""),
    "role": ('with-rsc-role="Promoted"', 'with-rsc-role="Unpromoted"'),
    "expression": ('value="a"', 'value="b"'),
    "devices of a level": ('devices="ipmi,other"', 'devices="other,ipmi"'),
    "score of a rule that places": ('score="50"', 'score="51"'),
    "operator of a rule": ('boolean-op="and"', 'boolean-op="or"'),
    "agent": ('type="fence_ipmilan"', 'type="fence_ilo5"'),
    "value given twice": (
        '<nvpair id="ipmi-username" name="username" value="admin"/>',
        '<nvpair id="a" name="username" value="admin"/><nvpair id="b" name="username" value="root"/>',
    ),
    "place of a value": (
        '<nvpair id="db-promotable" name="promotable" value="true"/>\n        </meta_attributes>',
        """</meta_attributes><instance_attributes id="i">
        <nvpair id="db-promotable" name="promotable" value="true"/></instance_attributes>""",
    ),
}
"""Edits that Pacemaker sees."""


def _edited(before: str, after: str) -> str:
    assert CIB.count(before) == 1
    return CIB.replace(before, after)


@pytest.mark.parametrize(("before", "after"), SAME.values(), ids=SAME)
def test_what_nobody_wished_for_does_not_count(before: str, after: str) -> None:
    """Two dialects that were given the same wish have the same meaning."""
    assert meaning(_edited(before, after)) == meaning(CIB)


@pytest.mark.parametrize(("before", "after"), DIFFERENT.values(), ids=DIFFERENT)
def test_what_pacemaker_sees_counts(before: str, after: str) -> None:
    """A difference that would make another cluster is not normalised away."""
    assert meaning(_edited(before, after)) != meaning(CIB)


@pytest.mark.parametrize("section", ["resources", "constraints", "crm_config"])
def test_order_counts_only_where_pacemaker_looks_at_it(section: str) -> None:
    """Resources, constraints and values can stand in any order."""
    start, end = CIB.index(f"<{section}>") + len(section) + 2, CIB.index(f"</{section}>")
    lines = CIB[start:end].strip().splitlines()
    if section == "crm_config":
        turned = [lines[0], *reversed(lines[1:-1]), lines[-1]]
    elif section == "constraints":
        turned = [*lines[1:], lines[0]]
    else:
        close = lines.index("      </primitive>") + 1
        turned = [*lines[close:], *lines[:close]]
    text = "\n".join([CIB[:start], *turned, CIB[end:]])

    assert text != CIB
    assert meaning(text) == meaning(CIB)


def test_operations_that_nobody_named_are_the_agents_own() -> None:
    """What pcs takes from an agent's metadata is left out on request, and nothing else is."""
    other = CIB.replace(
        '<op id="vip-start" name="start" interval="0s" timeout="20s"/>',
        '<op id="s" name="start" interval="0s" timeout="40s"/><op id="r" name="reload" interval="0s" timeout="5s"/>',
    )
    named = {"vip": frozenset({"monitor"})}

    assert meaning(other) != meaning(CIB)
    assert meaning(other, named) == meaning(CIB, named)
    assert meaning(CIB, {}) != meaning(CIB, named)
    assert meaning(CIB.replace('interval="10s"', 'interval="11s"'), named) != meaning(CIB, named)


def test_the_operations_that_a_script_names_are_read_from_its_calls() -> None:
    """Names stand after `op`, as many as there are, up to the next keyword."""
    create = ("resource", "create", "vip", "ocf:heartbeat:IPaddr2", "ip=192.0.2.9")
    calls = [
        ("-f", "cib.xml", *create, "op", "monitor", "interval=10s", "start", "timeout=5s", "meta", "a=b"),
        ("-f", "cib.xml", "stonith", "create", "ipmi", "fence_ipmilan", "ip=192.0.2.1"),
        ("-f", "cib.xml", "resource", "op", "add", "vip", "stop", "timeout=9s"),
        ("-f", "cib.xml", "resource", "update", "ipmi", "op", "monitor", "interval=60s", "op", "off"),
        ("-f", "cib.xml", "property", "set", "a=b"),
        ("--version",),
    ]

    assert named_operations(calls) == {
        "vip": frozenset({"monitor", "start", "stop"}),
        "ipmi": frozenset({"monitor", "off"}),
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<cib/>", "has a configuration"),
        (CIB.replace('id="vip-attributes"', 'id-ref="other"'), "id-ref"),
    ],
    ids=["no configuration", "id-ref"],
)
def test_what_is_not_understood_is_not_compared(text: str, words: str) -> None:
    """A CIB whose meaning stands elsewhere would be compared wrongly."""
    with pytest.raises(ValueError, match=words):
        meaning(text)

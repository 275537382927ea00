"""Real services behind the proxy, from Debian's packages: they lose a server each, and their clients lose nothing."""

import time
import uuid
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import NamedTuple

import pytest

from lab import place, services, table
from lab.cluster import SECRETS, Cluster
from lab.drills import drills
from lab.host import Host
from lab.measure import holds, taken
from lab.services import caller, database, messages, outside, standing, units
from lab.services.outside import Program

WRITER = "c1"
"""The server that the topology names as the database's writer."""

_VIP = "vip_management"
_ADDRESS = table.VIPS["management"]
_SOON_S = 30.0
"""How long anything may take that is not measured."""
_BEAT_S = 0.7
"""What a client comes later than HAProxy: its pause, a new connection, the answer."""
_RETRY_S = 1.0
"""How long HAProxy waits at most until it tries a refused connection again, as CHECKLIST.md says: with a server by then dead."""
_FALL = 5
"""How many failed checks the database's bounds are made of: CHECKLIST.md says that the time of a slow one is added to each."""


class Row(NamedTuple):
    """A row that the client was told is committed: by which session, which node took it, when it was asked for and told."""

    session: int
    number: int
    node: str
    asked: float
    told: float


class Proxy:
    """The HAProxy that has a VIP, and what CHECKLIST.md says of it."""

    def __init__(self, cluster: Cluster, service: str, vip: str = _VIP) -> None:
        """Look for the node of a VIP."""
        self.service = service
        self.node = cluster.node_of(vip)
        self.bounds = standing.bounds((cluster.built / "CHECKLIST.md").read_text(), service)
        (self._password,) = SECRETS.env.values()

    def until(self, wanted: str, server: Host, seconds: float = _SOON_S) -> float:
        """Wait until it says of a server what is wanted, and return when that was."""
        return standing.until(wanted, self.node, self._password, self.service, server.name, seconds)

    def given_up(self, server: Host, since: float, seconds: float = _SOON_S) -> standing.GivenUp:
        """Wait until it says in its log that it has given a server up since a moment of the wall clock."""
        return standing.until_given_up(self.node, f"{self.service}/{server}", since, seconds)


def rows(program: Program) -> list[Row]:
    """Return the rows that the client was told are committed, in the order in which it was told."""
    return sorted((Row(*each) for each in program.said()), key=lambda row: row.told)


def writers(committed: list[Row]) -> list[str]:
    """Return the nodes that took rows, in their order, one for each time that another took over."""
    nodes = [row.node for row in committed]
    return [node for before, node in zip(["", *nodes], nodes, strict=False) if node != before]


def two_at_a_time(committed: list[Row]) -> list[tuple[Row, Row]]:
    """Return the pairs of rows that different nodes were busy with at the same moment."""
    return [
        (one, other)
        for at, one in enumerate(committed)
        for other in committed[at + 1 : at + 50]
        if one.node != other.node and other.asked < one.told and one.asked < other.told
    ]


def none_is_lost(cluster: Cluster, committed: list[Row]) -> None:
    """Require that every node has every row that a client was told is committed."""
    for host in cluster.nodes.values():
        held = {(int(session), int(number)): node for session, number, node in database.rows(host)}
        lost = [row for row in committed if held.get((row.session, row.number)) != row.node]
        assert lost == [], f"{host} does not have what was committed"


def longest_pause(moments: list[float]) -> float:
    """Return the longest time between two moments."""
    return max(later - earlier for earlier, later in pairwise(moments))


@pytest.fixture(autouse=True)
def _mended(cluster: Cluster) -> Iterator[None]:
    """Let every service be whole again when a test ends, however it ended, and HAProxy know it."""
    yield
    hosts = tuple(cluster.nodes.values())
    services.mend(hosts)
    for name, vip in (*((each, _VIP) for each in ("database", "messages", "web")), ("events", "vip_public")):
        proxy = Proxy(cluster, name, vip)
        for host in hosts:
            proxy.until("UP", host)


# --- the database -----------------------------------------------------------------------------------------------------


def _stop(host: Host) -> None:
    host.run("systemctl", "stop", database.UNIT)


def _kill(host: Host) -> None:
    # systemd would start it again: the second word is that it shall not.
    host.sh(f"systemctl kill --signal=KILL {database.UNIT}; systemctl stop {database.UNIT}")


def _start(host: Host) -> None:
    host.run("systemctl", "start", database.UNIT)


@pytest.mark.parametrize(
    ("harm", "mend"),
    [
        pytest.param(_stop, _start, id="stopped"),
        pytest.param(_kill, _start, id="killed"),
        pytest.param(database.desync, database.sync, id="donor"),
    ],
)
def test_one_server_writes_and_no_committed_row_is_lost(
    cluster: Cluster,
    harm: Callable[[Host], None],
    mend: Callable[[Host], None],
    request: pytest.FixtureRequest,
) -> None:
    """The database's writer is stopped, killed, or out of step but alive: one other takes over, and gives back."""
    way = request.node.callspec.id
    writer = cluster.nodes[WRITER]
    proxy = Proxy(cluster, "database")
    database.prepare(writer)
    with outside.running("writer", _ADDRESS, "3") as program:
        place.until(lambda: len(rows(program)) > 30, _SOON_S, "rows to be written")
        began, asked = time.time(), time.monotonic()
        harm(writer)
        harmed = time.time()
        given = proxy.given_up(writer, began)
        place.until(lambda: len(writers(rows(program))) == 2, _SOON_S, "another server to write")
        mend(writer)
        proxy.until("UP", writer)
        place.until(lambda: len(writers(rows(program))) == 3, _SOON_S, "the writer to write again")
        before = len(rows(program))
        place.until(lambda: len(rows(program)) > before + 30, _SOON_S, "more rows to be written")
        committed = rows(program)

    first, stand_in, last = writers(committed)
    assert (first, last) == (WRITER, WRITER)
    assert stand_in != WRITER
    assert two_at_a_time(committed) == []
    slow = _FALL * given.check_s
    holds(f"database: the writer is {way}", given.at - harmed, proxy.bounds.refuses + slow)
    # A server that is out of step goes on writing until HAProxy knows of it: nobody waits, but it takes as long.
    taken_over = next(row.told for row in committed if row.node == stand_in) - asked
    pause = longest_pause([row.told for row in committed])
    taken(f"database: the writer is {way}: until a client has another one", max(taken_over, pause))
    assert max(taken_over, pause) <= given.at - began + _RETRY_S + _BEAT_S
    services.wait(tuple(cluster.nodes.values()))
    none_is_lost(cluster, committed)


def test_a_database_that_hangs_is_given_up(cluster: Cluster) -> None:
    """The writer's process is stopped in mid-air, so that its port still takes connections: the check's time-out finds it."""
    writer = cluster.nodes[WRITER]
    proxy = Proxy(cluster, "database")
    assert proxy.bounds.hangs is not None
    database.prepare(writer)
    with outside.running("writer", _ADDRESS, "3") as program:
        place.until(lambda: len(rows(program)) > 30, _SOON_S, "rows to be written")
        began = time.time()
        writer.run("systemctl", "kill", "--signal=STOP", database.UNIT)
        harmed = time.time()
        given = proxy.given_up(writer, began, 2 * _SOON_S)
        place.until(lambda: len(writers(rows(program))) == 2, _SOON_S, "another server to write")
        writer.run("systemctl", "kill", "--signal=CONT", database.UNIT)
        proxy.until("UP", writer, 2 * _SOON_S)
        place.until(lambda: len(writers(rows(program))) == 3, _SOON_S, "the writer to write again")
        committed = rows(program)
    assert two_at_a_time(committed) == []
    holds("database: the writer hangs", given.at - harmed, proxy.bounds.hangs)
    assert longest_pause([row.told for row in committed]) <= given.at - began + _RETRY_S + _BEAT_S
    services.wait(tuple(cluster.nodes.values()))
    none_is_lost(cluster, committed)


def test_no_committed_row_is_lost_with_the_node_of_the_writer(cluster: Cluster) -> None:
    """The writer's whole node loses its power, is fenced, boots, and is a member of the database again by itself."""
    writer = cluster.nodes[WRITER]
    if cluster.node_of(_VIP) is writer:
        # What a client waits for is then the database alone, not the address too.
        writer.run("pcs", "node", "standby", writer.name, "--wait=30", timeout=40)
        cluster.settle()
    proxy = Proxy(cluster, "database")
    database.prepare(writer)
    with outside.running("writer", _ADDRESS, "3") as program:
        place.until(lambda: len(rows(program)) > 30, _SOON_S, "rows to be written")
        began = time.time()
        writer.cut()
        given = proxy.given_up(writer, began, 2 * _SOON_S)
        place.until(lambda: len(writers(rows(program))) >= 2, _SOON_S, "another server to write")
        place.until(lambda: rows(program)[-1].node == WRITER, 5 * _SOON_S, "the writer to write again")
        committed = rows(program)
    assert two_at_a_time(committed) == []
    bound = proxy.bounds.silent
    holds("database: the writer's node loses its power", given.at - began, bound)
    assert longest_pause([row.told for row in committed]) <= given.at - began + _RETRY_S + _BEAT_S
    cluster.settle()
    none_is_lost(cluster, committed)


# --- messages ---------------------------------------------------------------------------------------------------------


def test_no_confirmed_message_is_lost(cluster: Cluster) -> None:
    """The broker that leads the queue is killed: what the sender had confirmed arrives, and more is sent soon."""
    proxy = Proxy(cluster, "messages")
    queue = f"lab-{uuid.uuid4().hex}"
    asked = ("courier", "send", _ADDRESS, "5673", queue), ("courier", "take", _ADDRESS, "5673", queue)
    with outside.running(*asked[0]) as sender, outside.running(*asked[1]) as taker:
        place.until(lambda: len(taker.said()) > 30, _SOON_S, "messages to arrive")
        leader = cluster.nodes[messages.leader(cluster.nodes[WRITER], queue)]
        began = time.time()
        # Stopping takes seconds, of which nothing is left to stop: nobody waits for it here.
        leader.sh(f"systemctl kill --signal=KILL {messages.UNIT}; systemctl stop --no-block {messages.UNIT}")
        dead, harmed = len(sender.said()), time.time()
        known = proxy.given_up(leader, began).at - harmed
        place.until(lambda: len(sender.said()) > dead + 30, _SOON_S, "more messages to be confirmed")
        leader.run("systemctl", "start", messages.UNIT)
        proxy.until("UP", leader, 2 * _SOON_S)
        confirmed = sender.said()
        place.until(
            lambda: {number for number, _ in confirmed} <= {number for number, _ in taker.said()},
            _SOON_S,
            "every confirmed message to arrive",
        )
    pause = longest_pause([at for _, at in confirmed])
    taken("messages: the broker that leads the queue is killed", pause)
    assert pause <= proxy.bounds.refuses + _BEAT_S
    holds("messages: a server refuses", known, proxy.bounds.refuses)
    messages.remove(cluster.other_than(leader), queue)


# --- the web service --------------------------------------------------------------------------------------------------


def _answers(program: Program, since: float) -> list[str | None]:
    """Return which nodes answered what was asked since a moment; None for what was not answered."""
    return [node for asked, node in program.said() if asked > since]


@pytest.mark.parametrize("way", ["refuses", "hangs"])
def test_no_request_goes_to_a_web_server_that_is_down(cluster: Cluster, way: str) -> None:
    """A web server stops, or takes connections and never answers: once it is found, every request is answered by others."""
    proxy = Proxy(cluster, "web")
    harmed = cluster.nodes["c2"]
    bound = getattr(proxy.bounds, way)
    with outside.running("asker", f"http://{_ADDRESS}/") as program:
        place.until(lambda: set(_answers(program, 0)) == set(cluster.nodes), _SOON_S, "every node to answer")
        began = time.time()
        if way == "refuses":
            harmed.run("systemctl", "stop", units.WEB)
        else:
            harmed.run("systemctl", "kill", "--signal=STOP", units.WEB)
        since = time.time()
        down = proxy.until("DOWN", harmed)
        place.until(lambda: len(_answers(program, down)) > 30, _SOON_S, "more answers")
        assert set(_answers(program, down)) == set(cluster.nodes) - {harmed.name}
        holds(f"web: a server {way}", proxy.given_up(harmed, began).at - since, bound)
        harmed.sh(f"systemctl kill --signal=CONT {units.WEB}; systemctl start {units.WEB}")
        up = proxy.until("UP", harmed)
        place.until(lambda: len(_answers(program, up)) > 30, _SOON_S, "more answers")
        assert set(_answers(program, up)) == set(cluster.nodes)


# --- the websocket ----------------------------------------------------------------------------------------------------


def _ends(program: Program) -> int:
    """Return how often the websocket has ended."""
    return sum(node is None for _, node in program.said())


def test_a_websocket_stays_open_while_another_server_dies(cluster: Cluster) -> None:
    """Texts go to and fro on one connection while another node's server dies; when its own dies it is connected anew."""
    proxy = Proxy(cluster, "events", "vip_public")
    with outside.running("caller", table.VIPS["public"], "6080") as program:
        place.until(lambda: len(program.said()) > 10, _SOON_S, "texts to be answered")
        own = cluster.nodes[program.said()[-1][1]]
        other = cluster.other_than(own)
        began = time.time()
        other.run("systemctl", "stop", units.EVENTS)
        since, given = time.time(), proxy.given_up(other, began)
        holds("events: a server refuses", given.at - since, proxy.bounds.refuses)
        before = len(program.said())
        place.until(lambda: len(program.said()) > before + 10, _SOON_S, "more texts to be answered")
        assert {node for _, node in program.said()} == {own.name}
        own.run("systemctl", "stop", units.EVENTS)
        place.until(
            lambda: program.said()[-1][1] not in {None, own.name}, _SOON_S, "another server to answer"
        )
        said = program.said()
        assert {node for _, node in said} - {None} == set(cluster.nodes) - {other.name}
        taken("events: the websocket's own server stops", longest_pause([at for at, node in said if node]))


def test_a_websocket_is_connected_anew_when_the_address_moves(cluster: Cluster) -> None:
    """The node of the address goes into standby: the connection ends, and another one is there within the bound."""
    holder = cluster.node_of("vip_public")
    with outside.running("caller", table.VIPS["public"], "6080") as program:
        place.until(lambda: len(program.said()) > 10, _SOON_S, "texts to be answered")
        assert _ends(program) == 0
        holder.run("pcs", "node", "standby", holder.name)
        place.until(lambda: _ends(program) and program.said()[-1][1], _SOON_S, "another connection")
        said = program.said()
    drill = drills(cluster.built / "CHECKLIST.md")[f"planned: the node of {_VIP} goes into standby"]
    bound = drill.bound("vip_public")
    assert bound is not None
    pause = longest_pause([at for at, node in said if node])
    taken("events: the websocket's address moves", pause, bound)
    # A text that was lost on its way is missed only when the caller's patience is over.
    assert pause <= bound + caller.PATIENCE_S + _BEAT_S
    assert cluster.node_of("vip_public").name != holder.name
    cluster.settle()

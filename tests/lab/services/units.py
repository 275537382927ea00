"""The services that a node of the lab always has: the web service, the websocket, and the check of its database."""

from pathlib import Path

from lab.host import Host

WEB, EVENTS, CLUSTERCHECK = "lab-web.service", "lab-events.service", "lab-clustercheck.socket"
ON = (WEB, EVENTS, CLUSTERCHECK)
"""The units by which they are started, stopped, and made to hang (`systemctl kill --signal=STOP`)."""

_HERE = Path(__file__).parent
_FOLDER = "/usr/local/lib/lab"

_DAEMON = """\
[Unit]
Description={description}
After=network.target

[Service]
ExecStart=/usr/bin/python3 {folder}/web.py {port}
Restart=on-failure
RestartSec=1

[Install]
WantedBy=multi-user.target
"""

_SOCKET = """\
[Unit]
Description=Whether the database may be used: port 9200

[Socket]
ListenStream=9200
Accept=yes

[Install]
WantedBy=sockets.target
"""

_CLUSTERCHECK = f"""\
[Unit]
Description=Whether the database may be used
CollectMode=inactive-or-failed

[Service]
ExecStart={_FOLDER}/clustercheck
StandardInput=socket
StandardError=journal
# One line in the journal for each check would bury the others.
LogLevelMax=warning
"""


def place_on(host: Host) -> None:
    """Put the programs and their units on a node."""
    host.write(f"{_FOLDER}/web.py", (_HERE / "web.py").read_text())
    host.write(f"{_FOLDER}/clustercheck", (_HERE / "clustercheck").read_text(), mode=0o755)
    for unit, description, port in (
        (WEB, "The lab's web service", 8080),
        (EVENTS, "The lab's websocket", 6081),
    ):
        text = _DAEMON.format(description=description, folder=_FOLDER, port=port)
        host.write(f"/etc/systemd/system/{unit}", text)
    host.write(f"/etc/systemd/system/{CLUSTERCHECK}", _SOCKET)
    host.write(f"/etc/systemd/system/{CLUSTERCHECK.removesuffix('.socket')}@.service", _CLUSTERCHECK)

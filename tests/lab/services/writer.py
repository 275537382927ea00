"""Writes rows into the lab's database from outside: `python -m lab.services.writer ADDRESS SESSIONS`.

Each session inserts a row, waits until it is told that the row is committed, and says so on standard output in one line
of JSON: its own number, the row's number, the node that wrote it, when it asked and when it was told, on the clock of
this machine. A session that is ended begins anew; the row that it had asked for then counts as not written.
"""

import json
import sys
import threading
import time

import pymysql

from lab.services import database

_PAUSE_S = 0.02
_PATIENCE_S = 60
"""Longer than anything here may take: it is the proxy that has to end a session with a server that is gone."""


def _insert(address: str, session: int, number: int) -> int:
    """Insert rows over one connection, from `number` on, until it ends; return the number that comes next."""
    connection = pymysql.connect(
        host=address,
        user=database.USER,
        password=database.PASSWORD,
        database=database.DATABASE,
        autocommit=True,
        connect_timeout=2,
        read_timeout=_PATIENCE_S,
        write_timeout=_PATIENCE_S,
    )
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT @@hostname")
            (node,) = cursor.fetchone()
            while True:
                number += 1
                began = time.monotonic()
                cursor.execute(database.INSERT, (session, number))
                _say(session, number, node, began, time.monotonic())
                time.sleep(_PAUSE_S)
    except (pymysql.MySQLError, OSError):
        return number
    finally:
        connection.close()


def _write(address: str, session: int) -> None:
    number = 0
    while True:
        try:
            number = _insert(address, session, number)
        except (pymysql.MySQLError, OSError):
            time.sleep(_PAUSE_S)


def _say(*what: object) -> None:
    sys.stdout.write(f"{json.dumps(what)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    for each in range(int(sys.argv[2])):
        threading.Thread(target=_write, args=(sys.argv[1], each)).start()

"""A client of the YAML language server: opens a document, reads the marks, asks for completion and hover.

Lines and columns count from 0 here, as they do in the protocol.
"""

import json
import subprocess
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

_TIMEOUT_S = 60.0
# No catalogue of schemas is asked for over the network: the document names its schema itself.
_YAML_SETTINGS = {
    "validate": True,
    "hover": True,
    "completion": True,
    "schemaStore": {"enable": False, "url": ""},
    "kubernetesCRDStore": {"enable": False},
}
_CAPABILITIES = {
    "workspace": {"configuration": True, "didChangeConfiguration": {"dynamicRegistration": True}},
    "textDocument": {
        "publishDiagnostics": {},
        "hover": {"contentFormat": ["markdown", "plaintext"]},
        "completion": {
            "completionItem": {"snippetSupport": True, "documentationFormat": ["markdown", "plaintext"]}
        },
        "codeAction": {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix"]}}},
    },
}


class Place(NamedTuple):
    """A position in a document."""

    line: int
    character: int


class Server:
    """A running language server. Use it as a context manager: it is stopped at the end."""

    def __init__(self, command: Sequence[str | Path], root: Path) -> None:
        """Start `command` and greet it; `root` is the folder that the pretended editor has open."""
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=root
        )
        self._changed = threading.Condition()
        self._answers: dict[int, dict[str, Any]] = {}
        self._marks: dict[str, list[dict[str, Any]]] = {}
        self._texts: dict[str, str] = {}
        self._asked = 0
        self._closed = False
        self._reader = threading.Thread(target=self._read_all, daemon=True)
        self._reader.start()
        folder = {"uri": root.as_uri(), "name": root.name}
        self._ask(
            "initialize",
            {
                "processId": None,
                "rootUri": root.as_uri(),
                "workspaceFolders": [folder],
                "capabilities": _CAPABILITIES,
            },
        )
        self._tell("initialized", {})
        self._tell("workspace/didChangeConfiguration", {"settings": {"yaml": _YAML_SETTINGS}})

    def __enter__(self) -> Self:
        """Return the server."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the server, by force if it does not obey."""
        try:
            self._ask("shutdown", None)
            self._tell("exit", None)
            self._process.wait(timeout=5)
        except (TimeoutError, OSError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        self._reader.join(timeout=5)
        for stream in (self._process.stdin, self._process.stdout):
            if stream:
                stream.close()

    def open(self, path: Path, text: str) -> list[dict[str, Any]]:
        """Show `text` as the content of `path`, which need not exist, and return the marks that the server puts.

        Each path can be opened once.
        """
        document = {"uri": path.as_uri(), "languageId": "yaml", "version": 1, "text": text}
        self._texts[path.as_uri()] = text
        self._tell("textDocument/didOpen", {"textDocument": document})
        self._wait(lambda: path.as_uri() in self._marks, f"marks in {path}")
        return self._marks[path.as_uri()]

    def complete(self, path: Path, place: Place) -> list[dict[str, Any]]:
        """Return what the server offers to write at `place`."""
        answer = self._ask("textDocument/completion", _at(path, place))
        return list(answer["items"] if isinstance(answer, dict) else answer or [])

    def hover(self, path: Path, place: Place) -> str:
        """Return what the server tells about the word at `place`, as Markdown."""
        answer = self._ask("textDocument/hover", _at(path, place))
        return str(answer["contents"]["value"]) if answer else ""

    def fixes(self, path: Path, mark: dict[str, Any]) -> list[str]:
        """Return the document's text after each quick fix that the server offers for `mark`."""
        request = {
            "textDocument": {"uri": path.as_uri()},
            "range": mark["range"],
            "context": {"diagnostics": [mark], "only": ["quickfix"]},
        }
        actions = self._ask("textDocument/codeAction", request) or []
        edits = [action["edit"]["changes"][path.as_uri()] for action in actions if "edit" in action]
        return [_edited(self._texts[path.as_uri()], each) for each in edits]

    def _ask(self, method: str, params: Any) -> Any:
        self._asked += 1
        number = self._asked
        self._send({"id": number, "method": method, "params": params})
        self._wait(lambda: number in self._answers, method)
        answer = self._answers.pop(number)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer.get("result")

    def _tell(self, method: str, params: Any) -> None:
        self._send({"method": method, "params": params})

    def _wait(self, arrived: Callable[[], bool], what: str) -> None:
        with self._changed:
            self._changed.wait_for(lambda: arrived() or self._closed, timeout=_TIMEOUT_S)
            if not arrived():
                raise TimeoutError(
                    f"the language server {'stopped' if self._closed else 'is silent'}: {what}"
                )

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self._process.stdin.flush()

    def _read_all(self) -> None:
        while message := self._read():
            if "method" in message and "id" in message:
                self._send({"id": message["id"], "result": _reply(message)})
            with self._changed:
                if message.get("method") == "textDocument/publishDiagnostics":
                    self._marks[message["params"]["uri"]] = message["params"]["diagnostics"]
                elif "method" not in message:
                    self._answers[message["id"]] = message
                self._changed.notify_all()
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _read(self) -> dict[str, Any] | None:
        stream = self._process.stdout
        assert stream is not None
        length = 0
        while line := stream.readline().strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        message: dict[str, Any] | None = json.loads(stream.read(length)) if length else None
        return message


def _at(path: Path, place: Place) -> dict[str, Any]:
    return {"textDocument": {"uri": path.as_uri()}, "position": place._asdict()}


def _reply(request: dict[str, Any]) -> Any:
    """Answer what the server asks its editor: the settings, and otherwise nothing."""
    if request["method"] != "workspace/configuration":
        return None
    return [_YAML_SETTINGS if item.get("section") == "yaml" else {} for item in request["params"]["items"]]


def _edited(text: str, edits: list[dict[str, Any]]) -> str:
    lines = text.splitlines(keepends=True)
    starts = [sum(map(len, lines[:number])) for number in range(len(lines) + 1)]

    def offset(place: dict[str, int]) -> int:
        return starts[place["line"]] + place["character"]

    for edit in sorted(edits, key=lambda each: offset(each["range"]["start"]), reverse=True):
        start, end = offset(edit["range"]["start"]), offset(edit["range"]["end"])
        text = text[:start] + edit["newText"] + text[end:]
    return text

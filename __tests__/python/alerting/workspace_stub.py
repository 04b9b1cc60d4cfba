"""The two APIs of a workspace that the syncs call, over real HTTP on this machine, and what goes wrong with them."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from databricks.sdk import WorkspaceClient
from databricks.sdk.core import Config

ALERTS = "/api/2.0/alerts"
DESTINATIONS = "/api/2.0/notification-destinations"


class WorkspaceStub:
    """A server for the length of a ``with``. ``refuse`` decides of each request whether it fails, and how."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, dict[str, Any]]] = {ALERTS: {}, DESTINATIONS: {}}
        self.requests: list[tuple[str, str, str]] = []
        """Method, path and body of each."""
        self.refuse: Callable[[str, str, str], int | None] = lambda method, path, body: None
        self.loses_answers_of = 0
        """How many creations are carried out and answered with 500."""
        self.answer = self._decide
        self.busiest = 0
        """How many requests were under way at the same time."""
        self._under_way = 0
        self._lock = threading.Lock()

    def __enter__(self) -> WorkspaceStub:
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                with stub._lock:
                    stub._under_way += 1
                    stub.busiest = max(stub.busiest, stub._under_way)
                status, answer = stub.answer(self.command, self.path, body)
                with stub._lock:
                    stub._under_way -= 1
                data = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PATCH = do_DELETE = do

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *args: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def client(self) -> WorkspaceClient:
        host = f"http://127.0.0.1:{self._server.server_address[1]}"
        return WorkspaceClient(config=Config(host=host, token="dapi-test", retry_timeout_seconds=1))

    @property
    def alerts(self) -> dict[str, dict[str, Any]]:
        """By display name."""
        return {each["display_name"]: each for each in self.objects[ALERTS].values()}

    @property
    def destinations(self) -> dict[str, dict[str, Any]]:
        """By display name."""
        return {each["display_name"]: each for each in self.objects[DESTINATIONS].values()}

    def changes(self) -> list[tuple[str, str]]:
        """The requests that changed something, or would have."""
        return [(method, path) for method, path, _ in self.requests if method != "GET"]

    def _decide(self, method: str, url: str, body: str) -> tuple[int, dict[str, Any]]:
        path = urlsplit(url).path
        with self._lock:
            self.requests.append((method, path, body))
            status = self.refuse(method, path, body)
            if status is not None:
                code = {403: "PERMISSION_DENIED", 404: "RESOURCE_DOES_NOT_EXIST", 429: "REQUEST_LIMIT_EXCEEDED"}
                return status, {"error_code": code.get(status, "INTERNAL_ERROR"), "message": f"refused: {body}"}
            base = ALERTS if path.startswith(ALERTS) else DESTINATIONS
            known = self.objects[base]
            identity = path.removeprefix(base).lstrip("/")
            if method == "POST":
                identity = str(uuid.uuid4())
                known[identity] = {**json.loads(body), "id": identity}
                if base == DESTINATIONS:
                    (kind,) = known[identity]["config"]
                    known[identity]["destination_type"] = kind.removeprefix("generic_").upper()
                if self.loses_answers_of > 0:
                    self.loses_answers_of -= 1
                    return 500, {"error_code": "INTERNAL_ERROR", "message": "lost"}
                return 200, known[identity]
            if method == "GET" and identity == "":
                start = int(parse_qs(urlsplit(url).query).get("page_token", ["0"])[0])
                page = list(known.values())[start : start + 100]
                more = {"next_page_token": str(start + 100)} if start + 100 < len(known) else {}
                return 200, {"alerts" if base == ALERTS else "results": page, **more}
            if identity not in known:
                return 404, {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": f"{identity} does not exist"}
            if method == "PATCH":
                assert "update_mask" in url
                known[identity] = {**json.loads(body), "id": identity}
            if method == "DELETE":
                return 200, known.pop(identity) and {}
            return 200, known[identity]

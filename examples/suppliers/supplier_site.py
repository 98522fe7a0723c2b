"""A small supplier site on this machine: slow like the network, compressed, and with the odd broken page."""

from __future__ import annotations

import gzip
import socket
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LATENCY_S = 0.05
SLOW_S = 1.0

#: What is odd about some pages, by their number modulo 60.
SLOW, MISSING, BROKEN, RESET, FORBIDDEN = {7, 19, 31}, {11}, {23}, {37}, {43, 53}

FIRST = ["Alpine", "Baltic", "Cedar", "Delta", "Ember", "Fjord", "Granite", "Harbor", "Indigo", "Juniper"]
SECOND = ["Components", "Foods", "Textiles", "Tooling", "Paper", "Optics"]
COUNTRIES = ["Austria", "Brazil", "Canada", "Denmark", "Estonia", "France", "Ghana", "Hungary", "India", "Japan"]


def supplier_id(number: int) -> str:
    return f"S{number:03}"


def supplier_path(number: int) -> str:
    folder = "private" if number % 60 in FORBIDDEN else "suppliers"
    return f"/{folder}/{supplier_id(number)}"


class SupplierSite:
    """Serves the pages while the ``with`` block runs. ``address`` is its ``HOST:PORT``."""

    def __enter__(self) -> SupplierSite:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self.address = f"127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def urls(self, pages: int) -> list[str]:
        return [f"http://{self.address}{supplier_path(number)}" for number in range(1, pages + 1)]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request: object, client_address: object) -> None:
        """A reader that hangs up early is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/robots.txt":
            return self._send(200, "text/plain", "User-agent: *\nDisallow: /private/\n")
        number = int(self.path[-3:]) if self.path[-3:].isdigit() else 0
        oddity = number % 60
        time.sleep(SLOW_S if oddity in SLOW else LATENCY_S)
        if number == 0 or oddity in MISSING:
            self._send(404, "text/html", "<h1>No such supplier</h1>")
        elif oddity in BROKEN:
            self._send(500, "text/html", "<h1>The catalogue is being rebuilt</h1>")
        elif oddity in RESET:
            self._reset()
        else:
            self._send(200, "text/html", supplier_page(number))

    def _send(self, status: int, kind: str, text: str) -> None:
        body = gzip.compress(text.encode(), 1)
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _reset(self) -> None:
        """Close with a TCP reset, as an overloaded server or a firewall does."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def log_message(self, format: str, *args: object) -> None:
        """The demonstration has a progress line instead."""


def supplier_page(number: int) -> str:
    """One supplier: a heading, a definition list and, below, prose for the extractor to chew on."""
    name = f"{FIRST[number % len(FIRST)]} {SECOND[number % len(SECOND)]} {number}"
    facts = {
        "supplier-id": supplier_id(number),
        "country": COUNTRIES[number * 7 % len(COUNTRIES)],
        "lead-days": str(3 + number * 5 % 26),
        "rating": f"{3 + number * 37 % 20 / 10:.1f}",
    }
    rows = "".join(f'<dt>{label}</dt><dd class="{label}">{value}</dd>' for label, value in facts.items())
    notes = "".join(
        f"<li>Terms {line}: delivery and payment as agreed, quality checked per batch.</li>" for line in range(150)
    )
    return (
        f"<!doctype html><html lang=en><head><title>{name}</title></head><body><nav><a href='/'>All suppliers</a></nav>"
        f"<main><h1 class=name>{name}</h1><dl>{rows}</dl><ul>{notes}</ul></main></body></html>"
    )

"""An MCP server on stdio whose tools misbehave on request, and which writes down what the client tells it.

Run as ``python awkward_server.py [--refuse TEXT] [--deaf] [--version V] [--log FILE] [--start-after S]``; ``--deaf``
outlives its input and SIGTERM.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
import time

write_lock = threading.Lock()
cancelled: dict[int, threading.Event] = {}
waits: dict[str, int] = {}


def send(message: dict) -> None:
    with write_lock:
        print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)


def reply(id: int, fields: dict, is_error: bool = False) -> None:
    result = {
        "content": [{"type": "text", "text": json.dumps(fields)}],
        "structuredContent": fields,
        "isError": is_error,
    }
    send({"id": id, "result": result})


def call(id: int, name: str, given: dict, token: int | None) -> None:
    if name == "echo":
        reply(id, {"status": "done", "given": given, "pid": os.getpid()})
    elif name == "wait":
        stop = cancelled.setdefault(id, threading.Event())
        if token is not None:
            send({"method": "notifications/progress", "params": {"progressToken": token, "progress": 0}})
        if not stop.wait(given["seconds"]):
            reply(id, {"status": "done", "waited": given["seconds"]})
    elif name == "count":
        for done in range(1, given["to"] + 1):
            if token is not None:
                progress = {"progressToken": token, "progress": done, "total": given["to"], "message": f"step {done}"}
                send({"method": "notifications/progress", "params": progress})
        reply(id, {"status": "done", "token_sent": token is not None})
    elif name == "fail":
        reply(id, {"status": "error", "code": given["code"], "message": "that did not work; try less"}, is_error=True)
    elif name == "die":
        print("first the lights went out\nthen the rest", file=sys.stderr, flush=True)
        os._exit(given.get("exit_code", 3))
    elif name == "flaky":
        if "marker" not in given:
            os._exit(3)
        if not os.path.exists(given["marker"]):
            open(given["marker"], "w").close()
            os._exit(3)
        reply(id, {"status": "done", "pid": os.getpid()})
    elif name == "slow_start":
        reply(id, {"status": "running", "job_id": given["job_id"], "done": 0, "total": 2})
    elif name == "job":
        waits[given["job_id"]] = waits.get(given["job_id"], 0) + 1
        if given["job_id"] == "forever":
            time.sleep(0.1)
        if token is not None:
            progress = {"progressToken": token, "progress": waits[given["job_id"]], "total": 2}
            send({"method": "notifications/progress", "params": progress})
        is_done = given["job_id"] != "forever" and waits[given["job_id"]] >= 2
        reply(id, {"status": "done", "answer": 42} if is_done else {"status": "running", "job_id": given["job_id"]})
    elif name == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif name == "babble":
        with write_lock:
            print('no json\n\n[1, 2]\n{"id": [], "result": {}}\n{"id": 999, "result": {}}', flush=True)
        send({"method": "notifications/progress", "params": {"progressToken": ["x"], "progress": 1}})
        send({"id": "from-server", "method": "ping"})
        send({"id": "unknown", "method": "sampling/createMessage", "params": {}})
        reply(id, {"status": "done"})
    elif name == "long":
        reply(id, {"status": "done", "text": "é" * given["chars"]})
    elif name == "no_result":
        send({"id": id})
    else:
        send({"id": id, "error": {"code": -32602, "message": f"unknown tool {name}"}})


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--refuse")
    parser.add_argument("--deaf", action="store_true")
    parser.add_argument("--version", default="2025-11-25")
    parser.add_argument("--log")
    parser.add_argument("--start-after", type=float, default=0)
    options, _ = parser.parse_known_args()
    if options.refuse:
        print(options.refuse, file=sys.stderr)
        sys.exit(2)
    if options.deaf:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    for line in sys.stdin:
        if options.log:
            with open(options.log, "a", encoding="utf-8") as log:
                log.write(line)
        message = json.loads(line)
        method, params = message.get("method"), message.get("params", {})
        if method == "initialize":
            time.sleep(options.start_after)
            info = {"name": "awkward", "version": "1"}
            send(
                {
                    "id": message["id"],
                    "result": {"protocolVersion": options.version, "capabilities": {}, "serverInfo": info},
                }
            )
        elif method == "tools/list":
            second = params.get("cursor") == "2"
            listed = {"name": "flaky", "annotations": {"readOnlyHint": True}} if second else {"name": "first"}
            page = {"tools": [listed], **({} if second else {"nextCursor": "2"})}
            send({"id": message["id"], "result": page})
        elif method == "notifications/cancelled":
            cancelled.setdefault(params["requestId"], threading.Event()).set()
        elif method == "tools/call":
            token = params.get("_meta", {}).get("progressToken")
            arguments = (message["id"], params["name"], params.get("arguments", {}), token)
            threading.Thread(target=call, args=arguments, daemon=True).start()
    while options.deaf:
        time.sleep(1)


main()

"""The server as a child process: three threads move its lines, and it ends with this program."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence

from ._log import ServerLog
from .errors import ServerDied, ServerNotFound

_GRACE_S = 2.0
_STDERR_LINES = 20


class ServerProcess:
    """A running server. ``on_line`` gets each line of its stdout and ``on_end`` its end, both on the reading thread.

    Reading and writing use the bare file descriptors, and writing has a thread of its own: a thread that is
    interrupted, or a process that forks, at any moment leaves neither half a line nor a lock that stays taken.
    """

    def __init__(
        self,
        command: Sequence[str],
        env: Mapping[str, str],
        on_line: Callable[[bytes], None],
        on_end: Callable[[], None],
    ) -> None:
        self._process = _spawn(command, env)
        self._on_line = on_line
        self._on_end = on_end
        self._outbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._last_lines: deque[str] = deque(maxlen=_STDERR_LINES)
        self._log = ServerLog()
        self._stderr_thread = threading.Thread(target=self._read_stderr, name="axoner-stderr", daemon=True)
        self._stderr_thread.start()
        for name, run in (("axoner-write", self._write_stdin), ("axoner-read", self._read_stdout)):
            threading.Thread(target=run, name=name, daemon=True).start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, line: bytes) -> None:
        """Queue one line; what is sent to a process that has ended is dropped."""
        self._outbox.put(line)

    def close_input(self) -> None:
        """Let the server finish: it ends once its input has."""
        self._outbox.put(None)

    def stop(self) -> None:
        """End the process: its input first, a signal two seconds later, then the hard way. Returns when it is gone."""
        self.close_input()
        try:
            for insist in (self._process.terminate, self._process.kill):
                try:
                    self._process.wait(_GRACE_S)
                    return
                except subprocess.TimeoutExpired:
                    insist()
            self._process.wait()
        except BaseException:  # an impatient second Ctrl-C: no waiting, but no orphan either
            self._process.kill()
            self._process.wait()
            raise

    def abandon(self) -> None:
        """In a forked child: let go of the parent's server without disturbing it."""
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()
        self._process.returncode = 0  # or the Popen object would report a child that is not ours

    def death(self) -> ServerDied:
        """What to raise once the process has ended by itself."""
        returncode = self._process.poll()
        if returncode is None:
            how = "closed its output"
        elif returncode < 0:
            how = f"was killed by {_signal_name(-returncode)}"
        else:
            how = f"ended with exit code {returncode}"
        return ServerDied(f"the axoner server {how}", returncode, "\n".join(self._last_lines))

    def _write_stdin(self) -> None:
        stdin = self._process.stdin
        assert stdin is not None
        try:
            while (line := self._outbox.get()) is not None:
                rest = memoryview(line)
                while rest:
                    rest = rest[os.write(stdin.fileno(), rest) :]
        except OSError:
            pass  # the server is gone; the reading thread says so to everyone who waits
        finally:
            stdin.close()

    def _read_stdout(self) -> None:
        stdout = self._process.stdout
        assert stdout is not None
        with stdout:
            unfinished: list[bytes] = []
            while chunk := os.read(stdout.fileno(), 1 << 16):
                head, *lines = chunk.split(b"\n")
                unfinished.append(head)
                for line in lines:
                    self._on_line(b"".join(unfinished))
                    unfinished = [line]
        try:
            self._process.wait(_GRACE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._outbox.put(None)
        self._stderr_thread.join(1)
        self._on_end()

    def _read_stderr(self) -> None:
        stderr = self._process.stderr
        assert stderr is not None
        with stderr:
            unfinished = b""
            while chunk := os.read(stderr.fileno(), 1 << 16):
                *lines, unfinished = (unfinished + chunk).split(b"\n")
                for line in lines:
                    self._keep(line)
            if unfinished:
                self._keep(unfinished)

    def _keep(self, line: bytes) -> None:
        text = line.decode("utf-8", "replace").rstrip("\r")
        self._last_lines.append(text)
        self._log.line(text)


def _spawn(command: Sequence[str], env: Mapping[str, str]) -> subprocess.Popen[bytes]:
    # A group of its own: Ctrl-C in a terminal reaches this process alone, which then cancels the call in good order.
    if os.name == "nt":
        flags, own_session = subprocess.CREATE_NEW_PROCESS_GROUP, False  # type: ignore[attr-defined]
    else:
        flags, own_session = 0, True
    pipe = subprocess.PIPE
    try:
        return subprocess.Popen(
            list(command),
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            bufsize=0,
            env=env,
            start_new_session=own_session,
            creationflags=flags,
        )
    except (OSError, ValueError) as error:
        raise ServerNotFound(f"cannot start the axoner server `{' '.join(command)}`: {error}") from error


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"

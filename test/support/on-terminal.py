"""Run a program on a terminal of its own: on-terminal.py COLUMNS ROWS ENVIRONMENT PROGRAM ARGS…, the environment as JSON.

What comes on stdin is typed, what the program writes to its terminal goes to stdout, and lines of COLUMNS ROWS on
file descriptor 3 give the terminal another size.
"""

import fcntl
import json
import os
import pty
import select
import struct
import sys
import termios

columns, rows = int(sys.argv[1]), int(sys.argv[2])
child, terminal = pty.fork()
if child == 0:
    os.execve(sys.argv[4], sys.argv[4:], json.loads(sys.argv[3]))


def resize(columns, rows):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


resize(columns, rows)
keys = sys.stdin.fileno()
sizes = 3
sources = [terminal, keys, sizes]
while True:
    for ready in select.select(sources, [], [])[0]:
        try:
            data = os.read(ready, 65_536)
        except OSError:  # how Linux says that the program has closed the terminal
            data = b""
        if data == b"" and ready != terminal:
            sources.remove(ready)
        elif data == b"":
            sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        elif ready == sizes:
            for line in data.decode().splitlines():
                resize(*map(int, line.split()))
        elif ready == keys:
            os.write(terminal, data)
        else:
            os.write(sys.stdout.fileno(), data)

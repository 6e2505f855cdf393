"""A person at a terminal: starts a program on one, types what a list of steps says, and waits for what each expects to see.

    terminal.py '{"command": [...], "seconds": 20, "steps": [{"type": "ls\\r", "see": "regular expression"}]}'

Prints all that the terminal showed, and ends with 1 where something expected did not come in time.
"""

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

task = json.loads(sys.argv[1])
child, terminal = pty.fork()
if child == 0:
    os.execvp(task["command"][0], task["command"])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))

shown = ""


def wait_for(pattern):
    global shown
    start, end = len(shown), time.monotonic() + task["seconds"]
    while not re.search(pattern, shown[start:]):
        ready, _, _ = select.select([terminal], [], [], max(0, end - time.monotonic()))
        if not ready:
            return False
        try:
            shown += os.read(terminal, 65536).decode("utf-8", "replace")
        except OSError:  # the program has ended
            return False
    return True


def take(step):
    os.write(terminal, step["type"].encode())
    return wait_for(step["see"])


complete = all(take(step) for step in task["steps"])
os.kill(child, signal.SIGKILL)
os.close(terminal)
os.waitpid(child, 0)
sys.stdout.write(shown)
sys.exit(0 if complete else 1)

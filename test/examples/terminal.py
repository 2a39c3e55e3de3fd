"""terminal.py SECONDS PROGRAM - runs a program on a terminal of its own and types Ctrl-C once it has shown progress for that
long; 0: never. Prints what stood on the terminal; exits as the program did."""

from __future__ import annotations

import os
import pty
import signal
import sys
import time

seconds, program = float(sys.argv[1]), sys.argv[2]
child, terminal = pty.fork()
if child == 0:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell's background job would ignore it
    os.execv(program, [program])
shown, since, typed = b"", None, False
while True:
    try:
        part = os.read(terminal, 4096)
    except OSError:  # how Linux says that the other end is closed
        break
    if not part:
        break
    shown += part
    if since is None and b"level" in shown:
        since = time.monotonic()
    if seconds > 0 and not typed and since is not None and time.monotonic() - since >= seconds:
        os.write(terminal, b"\x03")
        typed = True
sys.stdout.write(shown.decode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))

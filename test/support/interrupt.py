"""interrupt.py SIGNAL WHEN COMMAND... - runs a command and sends it a signal; used by the tests of interrupts.

WHEN is a number of seconds, or N@FILE: once FILE was replaced for the N-th time, however long that takes. Ends with the
command's exit status, 128 + N where signal N killed it, whether or not it was done before the signal came. SIGNAL is
"KILL", "INT", ...; several, "INT,TERM", are sent one right after the other. The signals are not ignored in the command,
as they would be in a shell's background job.
"""
import os
import signal
import subprocess
import sys
import time


def version(file):
    try:
        found = os.stat(file)
        return found.st_ino, found.st_mtime_ns
    except FileNotFoundError:
        return None


names, when, command = sys.argv[1].split(","), sys.argv[2], sys.argv[3:]
count, _, file = when.rpartition("@")
for name in ("INT", "TERM", "HUP"):
    signal.signal(getattr(signal, "SIG" + name), signal.SIG_DFL)
last = version(file)
process = subprocess.Popen(command)
if count:
    left = int(count)
    while left > 0 and process.poll() is None:
        now = version(file)
        left -= now != last
        last = now
        time.sleep(0.0005)
else:
    try:
        process.wait(float(file))
    except subprocess.TimeoutExpired:
        pass
if process.poll() is None:
    for name in names:
        process.send_signal(getattr(signal, "SIG" + name))
status = process.wait()
sys.exit(status if status >= 0 else 128 - status)

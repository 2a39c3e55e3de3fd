"""flatten.py HEADER - prints a header with what it includes by "..." in place of the includes, each once, and without
comments: the stored header of a release, test/abi/libdlc-MAJOR.MINOR.h, against which consumer.c is compiled."""
import pathlib
import re
import sys

COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
INCLUDE = re.compile(r'^#include "(.*)"$')


def flatten(path, seen):
    """The lines of the header at `path`; none where it is in `seen` already."""
    if path in seen:
        return
    seen.add(path)
    for line in COMMENT.sub("", path.read_text()).splitlines():
        include = INCLUDE.match(line)
        if include:
            yield from flatten(path.parent / include[1], seen)
        elif line.strip():
            yield line.rstrip()


print("\n".join(flatten(pathlib.Path(sys.argv[1]), set())))

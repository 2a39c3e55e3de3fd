"""guide.py GUIDE.md - writes the blocks of a guide as one shell script, to be run in the top folder of the repo.

A block of sh is run as it stands. A block of text is what the block of sh before it printed; "..." as its last line stands
for more. A block of any other language is saved under the name in backquotes that was last before it: "Save this as
`quick.c`:". Every block must say its language.
"""

from __future__ import annotations

import re
import sys

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
NAME = re.compile(r"`([\w./-]+\.\w+)`")

path = sys.argv[1]
guide = open(path).read()
print("""set -eu
exec 3>&1
log=$(mktemp)
trap '[ $? = 0 ] || { echo "$where"; cat "$log"; } >&3; rm -f "$log"' EXIT""")
end = 0
for block in BLOCK.finditer(guide):
    language, text = block.groups()
    print(f"where='{path}:{guide.count(chr(10), 0, block.start()) + 1}:'")
    if language == "sh":
        print(f'exec >"$log" 2>&1\n{text}')
    elif language == "text":
        shown = text.removesuffix("...\n")
        part = "cat" if shown == text else f"head -n {shown.count(chr(10))}"
        print(f"{part} \"$log\" | diff /dev/fd/4 - >&3 4<<'END_OF_BLOCK'\n{shown}END_OF_BLOCK")
    else:
        names = NAME.findall(guide, end, block.start())
        if not language or not names:
            sys.exit(f"{path}: a block without a language, or without a name to save it under:\n{text}")
        print(f"cat >{names[-1]} <<'END_OF_BLOCK'\n{text}END_OF_BLOCK")
    end = block.end()

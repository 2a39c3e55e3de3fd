# headers.sh - every public function is documented (headers.py), and the reference can be made from that.
. test/support/cli.sh

"$PYTHON" docs/reference.py "$work/reference" >"$work/stdout" || die "docs/reference.py fails"
[ -s "$work/reference/mask.md" ] || die "docs/reference.py writes no page about dlc/mask.h"
"$PYTHON" test/docs/headers.py

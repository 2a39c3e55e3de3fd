# guarantees.sh - docs/guarantees.md against the tree: every test it names exists, every guarantee G1 to G9 has tests, and
# every one that a header marks is there.
set -u
page=docs/guarantees.md
checks=0

die() {
    echo "$*"
    exit 1
}

# A line names a file and then tests in it: `test/api/x.c`: `a_test`, `another`.
tr '\n' ' ' <$page | sed 's/ - `/\n- `/g; s/ ## /\n## /g' | while read -r line; do
    case $line in "- "*) ;; *) continue ;; esac
    files=$(echo "$line" | grep -o '`test/[^`]*`' | tr -d '`')
    for file in $files; do
        [ -f "$file" ] || die "$page names $file, which is not there"
    done
    for name in $(echo "$line" | grep -o '`[a-z0-9_]*`' | tr -d '`'); do
        grep -q "START_TEST($name)" $files || die "$page names $name, which is not in $files"
    done
done || exit 1

for guarantee in G1 G2 G3 G4 G5 G6 G7 G8 G9; do
    checks=$((checks + 1))
    sed -n "/^## $guarantee\./,/^## G/p" $page | grep -q '^- `test/' || die "$page names no test of $guarantee"
done
for guarantee in $(grep -ho 'GUARANTEE G[0-9]*' include/dlc/*.h | cut -d ' ' -f 2 | sort -u); do
    checks=$((checks + 1))
    grep -q "^## $guarantee\." $page || die "a header marks $guarantee, which is not in $page"
done
# Tests that carry a guarantee in their name or comment carry one that exists.
for guarantee in $(grep -rhoE 'GUARANTEE G[0-9]+' test | cut -d ' ' -f 2 | sort -u); do
    checks=$((checks + 1))
    grep -q "^## $guarantee\." $page || die "a test is for $guarantee, which is not in $page"
done
# Every function that may run out of memory is among those whose allocations are made to fail.
for function in $(cat include/dlc/*.h | tr '\n' ' ' | sed 's/\*\//\n/g; s/\/\*/\n/g' | grep -A1 DLC_ERROR_MEMORY |
    grep -o 'DLC_API dlc_status dlc_[a-z0-9_]*' | cut -d ' ' -f 3 | sort -u); do
    checks=$((checks + 1))
    grep -qE "[ (]$function\(" test/api/memory_failure*_tests.c || die "no test makes $function() run out of memory"
done
echo "$checks checks"

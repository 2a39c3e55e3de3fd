# manual.sh - docs/dlc.1 is sound mdoc, and the manual, `dlc help` and the flags that each command takes are the same.
. test/support/cli.sh

mandoc -Tlint -Wstyle docs/dlc.1 >"$work/lint" || die "docs/dlc.1: $(cat "$work/lint")"
checks=$((checks + 1))

# Every flag that any command declares, but those that say themselves that they are not built yet.
grep -hoE '"[a-z-]+", (no|required)_argument' src/*.[ch] | sed 's/"\([a-z-]*\)".*/\1/' | sort -u >"$work/all"
sed -n 's/.*"--\([a-z-]*\) is not built yet".*/\1/p' src/*.c | sort -u | comm -23 "$work/all" - >"$work/flags"
[ "$(wc -l <"$work/flags")" -gt 40 ] || die "the flags are not found in src/"

"$dlc" help >"$work/help"
for command in $(sed -n 's/^    {"\([a-z]*\)", command_.*/\1/p' src/main.c); do
    run=
    [ $command = report ] && run=RUN
    while read -r flag; do
        "$dlc" "$command" $run "--$flag" >"$work/answer" 2>&1
        grep -q "unknown flag --$flag " "$work/answer" || echo "$flag"
    done <"$work/flags" | grep -v '^quiet$' >"$work/taken"

    # Of the help: the lines of the command, and what it says of all its forms below.
    awk -v command="$command" '
        /^  dlc / {here = $2 == command}
        /^$/ {here = 0}
        here || $0 ~ "^" command " takes " {print}' "$work/help" |
        sed 's/, every command.*//' | grep -o -- '--[a-z][a-z-]*' | sed 's/--//' | sort -u >"$work/in-help"
    diff "$work/taken" "$work/in-help" >"$work/difference" ||
        die "dlc $command: what it takes (<) and what dlc help says (>): $(cat "$work/difference")"

    sed -n "/^\.Ss $command\$/,/^\.S[sh] /s/^\.It Fl -\([a-z-]*\).*/\1/p" docs/dlc.1 | sort >"$work/in-manual"
    diff "$work/taken" "$work/in-manual" >"$work/difference" ||
        die "dlc $command: what it takes (<) and what docs/dlc.1 says (>): $(cat "$work/difference")"
    checks=$((checks + 2))
done
for flag in quiet help version; do
    grep -q -- "--$flag" "$work/help" && grep -q "Fl -$flag" docs/dlc.1 || die "--$flag is not documented"
done
echo "$checks checks"

/*
 * schedule.c - the schedules of dlc/mask.h and their text form (schedule.h). Called by mask.c and plan.c.
 *
 * The text is read without strtod(), which obeys the host's locale: see parse_number().
 */
#include "schedule.h"

#include "../base/rounding.h"

#include <string.h>

static dlc_status check_levels(dlc_error *error, int64_t levels) {
    if (levels < 1 || levels > DLC_LEVELS_MAX)
        return dlc_fail(error, DLC_ERROR_ARGUMENT, "%lld levels are not 1 to %d", (long long)levels, DLC_LEVELS_MAX);
    return DLC_OK;
}

static int is_share(double value) {
    return value >= 0 && value <= 1;
}

dlc_status dlc_schedule_geometric(dlc_error *error, double amount, int64_t levels, dlc_schedule *out) {
    DLC_TRY(check_levels(error, levels));
    if (!(amount > 0 && amount < 1))
        return dlc_fail(error, DLC_ERROR_ARGUMENT, "amount %g is not in (0, 1)", amount);
    *out = (dlc_schedule){.kind = DLC_SCHEDULE_GEOMETRIC, .levels = levels, .first = amount};
    return DLC_OK;
}

dlc_status dlc_schedule_linear(dlc_error *error, double first, double last, int64_t levels, dlc_schedule *out) {
    DLC_TRY(check_levels(error, levels));
    if (!is_share(first) || !is_share(last))
        return dlc_fail(error, DLC_ERROR_ARGUMENT, "%s share %g is not in [0, 1]", is_share(first) ? "last" : "first",
                        is_share(first) ? last : first);
    *out = (dlc_schedule){.kind = DLC_SCHEDULE_LINEAR, .levels = levels, .first = first, .last = last};
    return DLC_OK;
}

/* The shares are the schedule's own from here on where this succeeds. */
static dlc_status adopt_list(dlc_error *error, double *shares, int64_t levels, dlc_schedule *out) {
    for (int64_t level = 0; level < levels; level++)
        if (!is_share(shares[level]))
            return dlc_fail(error, DLC_ERROR_ARGUMENT, "share %g of level %lld is not in [0, 1]", shares[level],
                            (long long)level);
    *out = (dlc_schedule){.kind = DLC_SCHEDULE_LIST, .levels = levels, .shares = shares};
    return DLC_OK;
}

dlc_status dlc_schedule_list(dlc_error *error, const dlc_allocator *allocator, const double *shares, int64_t levels,
                             dlc_schedule *out) {
    DLC_TRY(check_levels(error, levels));
    if (!shares)
        return dlc_fail(error, DLC_ERROR_ARGUMENT, "shares is NULL");
    double *copy = dlc_allocate(allocator, levels, sizeof *copy);
    if (!copy)
        return dlc_fail_memory(error, "the list of shares");
    memcpy(copy, shares, (size_t)levels * sizeof *copy);
    const dlc_status status = adopt_list(error, copy, levels, out);
    if (status != DLC_OK)
        dlc_release(allocator, copy);
    return status;
}

void dlc_schedule_clear(dlc_schedule *schedule, const dlc_allocator *allocator) {
    dlc_release(allocator, schedule->shares);
    schedule->shares = NULL;
}

/* The double nearest to numerator / 10^decimals, by long division, ties to even. Both are below 2^60. */
static double decimal_quotient(uint64_t numerator, int decimals) {
    if (numerator == 0)
        return 0;
    uint64_t divisor = 1;
    for (int i = 0; i < decimals; i++)
        divisor *= 10;
    int exponent = 0;
    for (; numerator < divisor; exponent--)
        numerator <<= 1;
    for (; numerator >= 2 * divisor; exponent++)
        divisor <<= 1;
    uint64_t quotient = 0;
    for (int bit = 0; bit < 53; bit++) {
        const uint64_t one = numerator >= divisor;
        quotient = quotient << 1 | one;
        numerator = (numerator - (one ? divisor : 0)) << 1;
    }
    if (numerator > divisor || (numerator == divisor && quotient % 2 != 0))
        quotient++;
    double value = (double)quotient;
    for (exponent -= 52; exponent < 0; exponent++)
        value *= 0.5;
    for (; exponent > 0; exponent--)
        value *= 2;
    return value;
}

/* Reads DIGITS or DIGITS.DIGITS, of at most 18 digits that count, and moves *text behind it. Returns 0 where there is
 * no such number. */
static int parse_number(const char **text, double *value) {
    const char *at = *text;
    uint64_t digits = 0;
    int significant = 0, decimals = 0, after_point = 0;
    if (*at < '0' || *at > '9')
        return 0;
    for (; (*at >= '0' && *at <= '9') || (*at == '.' && !after_point); at++) {
        if (*at == '.') {
            after_point = 1;
            continue;
        }
        digits = digits * 10 + (uint64_t)(*at - '0');
        significant += digits > 0;
        decimals += after_point;
        if (significant > 18 || decimals > 18)
            return 0;
    }
    if (at[-1] == '.')
        return 0;
    *value = decimal_quotient(digits, decimals);
    *text = at;
    return 1;
}

/* Reads a whole number; what is too large to matter comes out as one above DLC_LEVELS_MAX, for check_levels(). */
static int parse_levels(const char **text, int64_t *levels) {
    const char *at = *text;
    int64_t value = 0;
    for (; *at >= '0' && *at <= '9'; at++)
        if (value <= DLC_LEVELS_MAX)
            value = value * 10 + (*at - '0');
    if (at == *text)
        return 0;
    *levels = value <= DLC_LEVELS_MAX ? value : DLC_LEVELS_MAX + 1;
    *text = at;
    return 1;
}

static int parse_character(const char **text, char expected) {
    if (**text != expected)
        return 0;
    ++*text;
    return 1;
}

static dlc_status malformed(dlc_error *error, const char *shape) {
    return dlc_fail(error, DLC_ERROR_ARGUMENT, "not of the form %s", shape);
}

static dlc_status parse_geometric(dlc_error *error, const char *text, dlc_schedule *out) {
    double amount = 0;
    int64_t levels = 0;
    if (!parse_number(&text, &amount) || !parse_character(&text, 'x') || !parse_levels(&text, &levels) || *text)
        return malformed(error, "geometric:AMOUNTxLEVELS");
    return dlc_schedule_geometric(error, amount, levels, out);
}

static dlc_status parse_linear(dlc_error *error, const char *text, dlc_schedule *out) {
    double first = 0, last = 0;
    int64_t levels = 0;
    if (!parse_number(&text, &first) || !parse_character(&text, '-') || !parse_number(&text, &last) ||
        !parse_character(&text, 'x') || !parse_levels(&text, &levels) || *text)
        return malformed(error, "linear:FIRST-LASTxLEVELS");
    return dlc_schedule_linear(error, first, last, levels, out);
}

static int parse_shares(const char *text, int64_t levels, double *shares) {
    for (int64_t level = 0; level < levels; level++)
        if (!parse_number(&text, &shares[level]) || !parse_character(&text, level + 1 < levels ? ',' : '\0'))
            return 0;
    return 1;
}

static dlc_status parse_list(dlc_error *error, const dlc_allocator *allocator, const char *text, dlc_schedule *out) {
    int64_t levels = 1;
    for (const char *at = text; *at; at++)
        levels += *at == ',';
    DLC_TRY(check_levels(error, levels));
    double *shares = dlc_allocate(allocator, levels, sizeof *shares);
    if (!shares)
        return dlc_fail_memory(error, "the list of shares");
    const dlc_status status = parse_shares(text, levels, shares) ? adopt_list(error, shares, levels, out)
                                                                 : malformed(error, "list:SHARE,SHARE,...");
    if (status != DLC_OK)
        dlc_release(allocator, shares);
    return status;
}

/* What follows the prefix, or NULL where the text does not start with it. */
static const char *after(const char *text, const char *prefix) {
    const size_t length = strlen(prefix);
    return strncmp(text, prefix, length) == 0 ? text + length : NULL;
}

dlc_status dlc_schedule_parse(dlc_error *error, const dlc_allocator *allocator, const char *spec, dlc_schedule *out) {
    if (!spec)
        return dlc_fail(error, DLC_ERROR_ARGUMENT, "spec is NULL");
    dlc_error reason = {{0}};
    dlc_status status;
    const char *rest;
    if ((rest = after(spec, "geometric:")))
        status = parse_geometric(&reason, rest, out);
    else if ((rest = after(spec, "linear:")))
        status = parse_linear(&reason, rest, out);
    else if ((rest = after(spec, "list:")))
        status = parse_list(&reason, allocator, rest, out);
    else
        status = malformed(&reason, "geometric:..., linear:... or list:...");
    /* The text comes last: where a long list is cut, the reason is still there. */
    return status == DLC_OK ? DLC_OK : dlc_fail(error, status, "%s: schedule \"%s\"", reason.text, spec);
}

int64_t dlc_schedule_masked(const dlc_schedule *schedule, int64_t weights, int64_t level, int64_t previous) {
    double share = schedule->first;
    switch (schedule->kind) {
    case DLC_SCHEDULE_GEOMETRIC:
        if (level == 0)
            return 0;
        return previous + dlc_round_half_even(schedule->first * (double)(weights - previous));
    case DLC_SCHEDULE_LINEAR:
        if (schedule->levels > 1)
            share += (double)level * (schedule->last - schedule->first) / (double)(schedule->levels - 1);
        break;
    case DLC_SCHEDULE_LIST:
        share = schedule->shares[level];
        break;
    }
    /* The line from first to last may end an ulp outside of [0, 1]. */
    const int64_t masked = share > 0 ? dlc_round_half_even(share * (double)weights) : 0;
    return masked < weights ? masked : weights;
}

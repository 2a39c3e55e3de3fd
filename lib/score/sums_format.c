/* sums_format.c - class sums as bytes: writing, checking, merging (sums_format.h). Allocates nothing. */
#include "sums_format.h"

#include "../base/hash.h"
#include "dlc/score.h"

#include <inttypes.h>
#include <string.h>

#define VERSION 1
#define TOP     (DLC_EXACT_LIMBS - 1)

enum {
    AT_VERSION = 8,
    AT_CLASSES = 16,
    AT_WIDTH = 24,
    AT_CHECKSUM = 32,
    AT_COUNTS = 48,
    COUNT_SIZE = 8,
    LIMB_SIZE = 4,
    TOP_SIZE = 8,
    SUM_SIZE = TOP * LIMB_SIZE + TOP_SIZE
};

static const char magic[AT_VERSION] = {'D', 'L', 'C', ' ', 's', 'u', 'm', 's'};

/* ---- Numbers ---- */

static uint32_t get32(const unsigned char *at) {
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static uint64_t get64(const unsigned char *at) {
    return get32(at) | (uint64_t)get32(at + 4) << 32;
}

static void put32(unsigned char *at, uint32_t value) {
    at[0] = (unsigned char)value;
    at[1] = (unsigned char)(value >> 8);
    at[2] = (unsigned char)(value >> 16);
    at[3] = (unsigned char)(value >> 24);
}

static void put64(unsigned char *at, uint64_t value) {
    put32(at, (uint32_t)value);
    put32(at + 4, (uint32_t)(value >> 32));
}

/* Two's complement, whatever the compiler makes of a conversion. */
static int64_t to_signed(uint64_t value) {
    int64_t result;
    memcpy(&result, &value, sizeof result);
    return result;
}

/* ---- Places ---- */

static int64_t class_size(int64_t width) {
    return SUM_SIZE * width;
}

int64_t dlc_sums_size(int64_t classes, int64_t width) {
    return AT_COUNTS + classes * (COUNT_SIZE + class_size(width));
}

/* From the start of the sums: limb 0 of feature 0 of a class. */
static int64_t class_place(const void *sums, int64_t c) {
    return AT_COUNTS + dlc_sums_classes(sums) * COUNT_SIZE + c * class_size(dlc_sums_width(sums));
}

int64_t dlc_sums_classes(const void *sums) {
    return to_signed(get64((const unsigned char *)sums + AT_CLASSES));
}

int64_t dlc_sums_width(const void *sums) {
    return to_signed(get64((const unsigned char *)sums + AT_WIDTH));
}

int64_t dlc_sums_count(const void *sums, int64_t c) {
    return to_signed(get64((const unsigned char *)sums + AT_COUNTS + c * COUNT_SIZE));
}

void dlc_sums_set_count(void *sums, int64_t c, int64_t count) {
    put64((unsigned char *)sums + AT_COUNTS + c * COUNT_SIZE, (uint64_t)count);
}

void dlc_sums_put_class(void *sums, int64_t c, const int64_t *digits) {
    const int64_t width = dlc_sums_width(sums);
    unsigned char *at = (unsigned char *)sums + class_place(sums, c);
    for (int64_t i = 0; i < TOP * width; i++)
        put32(at + i * LIMB_SIZE, (uint32_t)digits[i]);
    at += TOP * LIMB_SIZE * width;
    for (int64_t f = 0; f < width; f++)
        put64(at + f * TOP_SIZE, (uint64_t)digits[TOP * width + f]);
}

void dlc_sums_get(const void *sums, int64_t c, int64_t feature, int64_t digits[DLC_EXACT_LIMBS]) {
    const int64_t width = dlc_sums_width(sums);
    const unsigned char *at = (const unsigned char *)sums + class_place(sums, c);
    for (int64_t limb = 0; limb < TOP; limb++)
        digits[limb] = (int64_t)get32(at + (limb * width + feature) * LIMB_SIZE);
    digits[TOP] = to_signed(get64(at + TOP * LIMB_SIZE * width + feature * TOP_SIZE));
}

/* ---- Checksum ---- */

static dlc_digest checksum_of(const void *sums, int64_t bytes) {
    const unsigned char *at = sums;
    dlc_hash hash;
    dlc_hash_begin(&hash);
    dlc_hash_add(&hash, at, AT_CHECKSUM);
    dlc_hash_add(&hash, at + AT_COUNTS, bytes - AT_COUNTS);
    return dlc_hash_digest(&hash);
}

/* ---- Whole ---- */

void dlc_sums_begin(void *sums, int64_t classes, int64_t width) {
    unsigned char *at = sums;
    memcpy(at, magic, sizeof magic);
    put64(at + AT_VERSION, VERSION);
    put64(at + AT_CLASSES, (uint64_t)classes);
    put64(at + AT_WIDTH, (uint64_t)width);
    memset(at + AT_CHECKSUM, 0, (size_t)(AT_COUNTS - AT_CHECKSUM + classes * COUNT_SIZE));
}

void dlc_sums_seal(void *sums, int64_t bytes) {
    const dlc_digest checksum = checksum_of(sums, bytes);
    memcpy((unsigned char *)sums + AT_CHECKSUM, checksum.bytes, sizeof checksum.bytes);
}

/* Does not multiply what it does not trust. */
static int is_size_right(int64_t classes, int64_t width, int64_t bytes) {
    const int64_t rest = bytes - AT_COUNTS;
    if (classes < 1 || width < 1 || width > rest / SUM_SIZE)
        return 0;
    return rest % (COUNT_SIZE + class_size(width)) == 0 && rest / (COUNT_SIZE + class_size(width)) == classes;
}

dlc_status dlc_sums_check(dlc_error *error, const void *sums, int64_t bytes) {
    const unsigned char *at = sums;
    if (bytes < AT_COUNTS)
        return dlc_fail(error, DLC_ERROR_FORMAT, "%" PRId64 " bytes are too few for class sums", bytes);
    if (memcmp(at, magic, sizeof magic) != 0)
        return dlc_fail(error, DLC_ERROR_FORMAT, "the bytes are not class sums: they do not begin with \"%.8s\"",
                        magic);
    if (get64(at + AT_VERSION) != VERSION)
        return dlc_fail(error, DLC_ERROR_UNSUPPORTED, "the class sums are of version %" PRIu64 ", not %d",
                        get64(at + AT_VERSION), VERSION);
    const int64_t classes = dlc_sums_classes(sums), width = dlc_sums_width(sums);
    if (!is_size_right(classes, width, bytes))
        return dlc_fail(error, DLC_ERROR_FORMAT,
                        "%" PRId64 " bytes cannot be class sums of %" PRId64 " classes and %" PRId64 " features", bytes,
                        classes, width);
    const dlc_digest checksum = checksum_of(sums, bytes);
    if (memcmp(at + AT_CHECKSUM, checksum.bytes, sizeof checksum.bytes) != 0)
        return dlc_fail(error, DLC_ERROR_FORMAT,
                        "the class sums are damaged: their checksum is not that of their bytes");
    for (int64_t c = 0; c < classes; c++)
        if (dlc_sums_count(sums, c) < 0 || dlc_sums_count(sums, c) > DLC_SUMS_COUNT_MAX)
            return dlc_fail(error, DLC_ERROR_FORMAT,
                            "the class sums are damaged: %" PRId64 " samples of class %" PRId64 " are not in 0..2^62",
                            dlc_sums_count(sums, c), c);
    return DLC_OK;
}

/* ---- Merging ---- */

/* Features whose carries are on the stack at a time. */
#define BLOCK 256

static void add_class(unsigned char *into, const unsigned char *from, int64_t width) {
    for (int64_t first = 0; first < width; first += BLOCK) {
        const int64_t count = width - first < BLOCK ? width - first : BLOCK;
        uint32_t carry[BLOCK] = {0};
        for (int64_t limb = 0; limb < TOP; limb++) {
            const int64_t place = (limb * width + first) * LIMB_SIZE;
            for (int64_t f = 0; f < count; f++) {
                const int64_t at = place + f * LIMB_SIZE;
                const uint64_t sum = (uint64_t)get32(into + at) + get32(from + at) + carry[f];
                put32(into + at, (uint32_t)sum);
                carry[f] = (uint32_t)(sum >> 32);
            }
        }
        const int64_t place = TOP * LIMB_SIZE * width + first * TOP_SIZE;
        for (int64_t f = 0; f < count; f++) {
            const int64_t at = place + f * TOP_SIZE;
            put64(into + at, get64(into + at) + get64(from + at) + carry[f]);
        }
    }
}

dlc_status dlc_score_merge_sums(void *into, const void *from, int64_t bytes) {
    dlc_error unheard;
    if (!into || !from)
        return DLC_ERROR_ARGUMENT;
    DLC_TRY(dlc_sums_check(&unheard, into, bytes));
    DLC_TRY(dlc_sums_check(&unheard, from, bytes));
    const int64_t classes = dlc_sums_classes(into), width = dlc_sums_width(into);
    if (classes != dlc_sums_classes(from) || width != dlc_sums_width(from))
        return DLC_ERROR_FORMAT;
    for (int64_t c = 0; c < classes; c++)
        if (dlc_sums_count(from, c) > DLC_SUMS_COUNT_MAX - dlc_sums_count(into, c))
            return DLC_ERROR_DATA;
    for (int64_t c = 0; c < classes; c++) {
        dlc_sums_set_count(into, c, dlc_sums_count(into, c) + dlc_sums_count(from, c));
        add_class((unsigned char *)into + class_place(into, c), (const unsigned char *)from + class_place(from, c),
                  width);
    }
    dlc_sums_seal(into, bytes);
    return DLC_OK;
}

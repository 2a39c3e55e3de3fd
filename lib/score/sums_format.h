/*
 * sums_format.h - class sums as bytes that travel from machine to machine: what dlc_score_export_sums() writes. Knows
 * the bytes alone, no scorer; sums.c fills them and reads them.
 *
 * All numbers little-endian, at no alignment:
 *
 *     0    "DLC sums"
 *     8    uint64 version, 1
 *     16   uint64 classes
 *     24   uint64 width
 *     32   byte[16] checksum of all other bytes (../base/hash.h)
 *     48   uint64[classes] values in every sum of the class, at most 2^62
 *     ...  for every class uint32[9][width] the lower limbs of its settled sums, then int64[width] the highest limbs
 *          (exact_sum.h)
 *
 * Equal sums of equally many samples have equal bytes.
 */
#ifndef DLC_LIB_SUMS_FORMAT_H
#define DLC_LIB_SUMS_FORMAT_H

#include "../base/error.h"
#include "exact_sum.h"

/* More values than this might not fit a sum. */
#define DLC_SUMS_COUNT_MAX (INT64_C(1) << 62)

/* Bytes of the sums of so many classes and features. */
int64_t dlc_sums_size(int64_t classes, int64_t width);

/* Writes all but the sums and the checksum; the counts are 0. */
void dlc_sums_begin(void *sums, int64_t classes, int64_t width);

/* Writes the checksum: the last step. */
void dlc_sums_seal(void *sums, int64_t bytes);

int64_t dlc_sums_classes(const void *sums);
int64_t dlc_sums_width(const void *sums);

int64_t dlc_sums_count(const void *sums, int64_t c);
void dlc_sums_set_count(void *sums, int64_t c, int64_t count);

/* Writes the settled limbs of a class, int64[DLC_EXACT_LIMBS][width]. */
void dlc_sums_put_class(void *sums, int64_t c, const int64_t *digits);

/* Reads the limbs of one sum. */
void dlc_sums_get(const void *sums, int64_t c, int64_t feature, int64_t digits[DLC_EXACT_LIMBS]);

/*
 * Whether `bytes` bytes are sums, whole and undamaged, with counts in range: then the functions above may read them.
 * Whether the sums are such as that many float32 values can have is not asked. Errors: DLC_ERROR_FORMAT,
 * DLC_ERROR_UNSUPPORTED (another version).
 */
dlc_status dlc_sums_check(dlc_error *error, const void *sums, int64_t bytes);

#endif

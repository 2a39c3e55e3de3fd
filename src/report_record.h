/*
 * report_record.h - what `dlc report` reads of RUN/run.json. Never looks at any other file.
 *
 * Records of other versions may lack a part: what is missing is NULL or 0 here. What is there and of the wrong kind is
 * an error.
 */
#ifndef DLC_SRC_REPORT_RECORD_H
#define DLC_SRC_REPORT_RECORD_H

#include <jansson.h>
#include <stdint.h>

/* Texts and JSON values are borrowed from root. */
typedef struct report_record {
    json_t *root;
    const char *version;                /* of libdlc */
    const char *encoder, *architecture; /* file, description */
    const char *folder;                 /* of the images, as it was given */
    int64_t channels, height, width;
    const char *schedule, *criterion, *observe;
    char seed[24];       /* "" where there is none */
    json_t *classes;     /* array of {"name", "samples"} */
    json_t *skipped;     /* array of {"path", "reason"} */
    json_t *timings;     /* object of seconds */
    json_t *levels;      /* array of {"capacity", ...}: the whole schedule */
    json_t *levels_used; /* array of indices into levels */
} report_record;

/* Reads and checks the record. EXIT_DONE, or EXIT_FAILED after a message. */
int report_record_load(report_record *record, const char *path);

void report_record_free(report_record *record);

/* The name of a class, or NULL where the record does not say. */
const char *report_record_class(const report_record *record, int64_t class_id);

/* The path and reason of a skipped file; returns 0 where there is none of that number. */
int report_record_skipped(const report_record *record, size_t i, const char **path, const char **reason);

/*
 * The share of weights left at each of the `rows` levels that curves.npy holds: double[rows], freed by the caller with
 * free(); NULL where the record does not say. EXIT_DONE, or EXIT_FAILED after a message where it says something else
 * than curves.npy.
 */
int report_record_capacities(const report_record *record, const char *path, int64_t rows, double **out);

#endif

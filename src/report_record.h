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
    const char *version;                       /* of libdlc */
    const char *encoder, *architecture, *pool; /* file, description, --pool */
    const char *folder;                        /* of the images, as it was given */
    int64_t channels, height, width;           /* that the encoder saw */
    int skip_broken;
    int64_t size, crop; /* of the transform; 0: off */
    const char *interpolation;
    json_t *transform; /* object that may have "mean" and "std", arrays of numbers */
    const char *schedule, *criterion, *observe;
    char seed[24];             /* "" where there is none */
    json_t *include, *exclude; /* arrays of texts */
    json_t *classes;           /* array of {"name", "samples"} */
    json_t *skipped;           /* array of {"path", "reason"} */
    json_t *timings;           /* object of seconds */
    json_t *levels;            /* array of {"capacity", ...}: the whole schedule */
    json_t *levels_used;       /* array of indices into levels */
    double agreement;          /* that automatic levels were to reach; 0: every level was asked for */
    json_t *rounds;            /* of automatic levels: array of {"levels", "spearman"} */
} report_record;

/* Reads and checks the record. EXIT_DONE, or EXIT_FAILED after a message. */
int report_record_load(report_record *record, const char *path);

void report_record_free(report_record *record);

/* The name of a class, or NULL where the record does not say. */
const char *report_record_class(const report_record *record, int64_t class_id);

/* The path and reason of a skipped file; returns 0 where there is none of that number. */
int report_record_skipped(const report_record *record, size_t i, const char **path, const char **reason);

/* A round of automatic levels: how many were visited by then, and how the ranking agreed with that of the round before
 * (NaN: not known). Returns 0 where there is none of that number. */
int report_record_round(const report_record *record, size_t i, int64_t *levels, double *spearman);

/*
 * The share of weights left at each of the `rows` levels that curves.npy holds: double[rows], freed by the caller with
 * free(); NULL where the record does not say. EXIT_DONE, or EXIT_FAILED after a message where it says something else
 * than curves.npy.
 */
int report_record_capacities(const report_record *record, const char *path, int64_t rows, double **out);

#endif

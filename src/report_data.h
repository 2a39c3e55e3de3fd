/*
 * report_data.h - all that `dlc report` shows, read from RUN and counted. Writes nothing.
 *
 * report_data.c reads the files and holds them against each other; report_classes.c sorts, cuts and counts.
 */
#ifndef DLC_SRC_REPORT_DATA_H
#define DLC_SRC_REPORT_DATA_H

#include "report_record.h"

typedef struct report_class {
    char *name;                   /* any bytes */
    const int64_t *order;         /* its samples, easiest first, ties to the lower index */
    int64_t samples;              /* how many; 0 for a class that lost all of them */
    int64_t easy;                 /* the first so many are its easy interval */
    int64_t kept_easy, kept_hard; /* samples kept of either interval */
    double mean, mean_kept;       /* of the scores; of those kept */
    float low, middle, high;      /* the scores below which 10, 50 and 90 % lie */
    int64_t right;                /* sum over its samples of the levels at which it was nearest */
    int64_t never_right;          /* samples for which that was no level */
} report_class;

/* Whose observations are averaged: the hardest tenth of all samples, all, the easiest tenth. */
enum { GROUP_HARD, GROUP_ALL, GROUP_EASY, GROUPS };

typedef struct report_level {
    double mean[GROUPS];
} report_level;

typedef struct report_data {
    const char *run;    /* RUN, as given */
    const char *select; /* file of the selection, or NULL */
    double gamma;
    report_record record;
    int64_t samples, class_count, level_count;
    float *scores;
    int64_t *labels;
    char **paths; /* relative to the folder of images; any bytes */
    char *path_block;
    int32_t *correct;    /* levels at which the nearest centroid is the label's; NULL: not known */
    unsigned char *kept; /* flag of each sample; NULL: no selection */
    int64_t kept_count;
    double *capacities;   /* of each level, or NULL */
    report_level *levels; /* one for each row of curves.npy */
    int64_t tenth;        /* samples in the easiest tenth, and in the hardest */
    int64_t *ranking;     /* all samples, easiest first */
    int64_t *order;       /* all samples, class by class, easiest first */
    report_class *classes;
} report_data;

/* Reads RUN, and the selection if data->select says one; run, select and gamma are set before. EXIT_DONE, or
 * EXIT_FAILED after a message; to be freed in both cases. */
int report_data_load(report_data *data);
void report_data_free(report_data *data);

/* report_classes.c: ranks all samples and describes every class; needs scores, labels, paths, correct, kept. Same
 * outcome. */
int report_classes_count(report_data *data);

#endif

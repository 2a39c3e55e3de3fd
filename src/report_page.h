/*
 * report_page.h - the HTML page of `dlc report`, and its parts that stand in files of their own.
 *
 * Each part writes its section into an open file. A page holds nothing that is fetched, run or dated: the same RUN
 * gives the same bytes.
 */
#ifndef DLC_SRC_REPORT_PAGE_H
#define DLC_SRC_REPORT_PAGE_H

#include "report_charts.h"
#include "report_data.h"
#include "report_thumbs.h"

#include <stdio.h>

/* What the parts of a page speak of. */
typedef struct report_page {
    const report_data *data;
    report_thumbs *thumbs;
    score_axis axis;
    int64_t *shown;      /* classes with drawings and pictures; the tables list all */
    int64_t shown_count; /* where it is not all: as many of the easiest as of the hardest classes, by mean score */
    int64_t pictures;    /* pictures at most of a class's easiest, and of its hardest */
} report_page;

/* Writes the page. Errors of the file are the caller's to ask for. EXIT_DONE, or EXIT_FAILED after a message (memory).
 */
int report_page_write(FILE *out, const report_data *data, report_thumbs *thumbs);

/* report_style.c: the style sheet, rule by rule; NULL ends it. */
extern const char *const report_style[];

/* report_notes.c: what looks wrong, or that nothing does. */
void report_notes_write(FILE *out, const report_page *page);

/* report_samples.c: the easiest and the hardest samples of each class. */
void report_samples_write(FILE *out, const report_page *page);

/* report_tables.c: classes, selection, timings, and how to repeat the run. */
void report_classes_write(FILE *out, const report_page *page);
void report_selection_write(FILE *out, const report_page *page);
void report_timings_write(FILE *out, const report_page *page);
void report_repeat_write(FILE *out, const report_page *page);

#endif

/*
 * report_charts.h - the drawings of the report, as inline SVG. Colours come from the page's style sheet
 * (report_style.c) by class names, so that one drawing serves light, dark and print.
 */
#ifndef DLC_SRC_REPORT_CHARTS_H
#define DLC_SRC_REPORT_CHARTS_H

#include "report_data.h"

#include <stdio.h>

/* What all drawings of scores share: one axis, one width of bars. */
typedef struct score_axis {
    double low, high; /* all but the outermost half percent of scores lie in between */
    int bars;
    int decimals; /* enough to tell scores apart */
} score_axis;

score_axis score_axis_of(const report_data *data);

/* Histogram of all samples, with both axes; the kept samples full where there is a selection. */
void chart_all_scores(FILE *out, const report_data *data, const score_axis *axis);

/* Histogram of one class: easy and hard interval, the kept samples full where there is a selection. Scaled to its own
 * highest bar. */
void chart_class_scores(FILE *out, const report_data *data, const score_axis *axis, const report_class *class);

/* The mean observation over the levels: all samples, easiest and hardest tenth. */
void chart_curves(FILE *out, const report_data *data);

/* One line of a table: where 80 % of a class's scores lie, and their median. */
void chart_strip(FILE *out, const score_axis *axis, const report_class *class);

/* One line of a table: what is kept of the easy and of the hard interval. */
void chart_kept(FILE *out, const report_class *class);

#endif

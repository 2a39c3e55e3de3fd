/*
 * progress.h - one line on a terminal that says how far a run is: levels, samples, time left. Silent elsewhere.
 */
#ifndef DLC_SRC_PROGRESS_H
#define DLC_SRC_PROGRESS_H

#include <stdint.h>

typedef struct progress_line {
    int shown;    /* standard error is a terminal, and --quiet was not given */
    double start; /* when the first batch was done, and how far the run was then: it may have gone on from somewhere */
    double start_share;
    double last;
} progress_line;

/* Seconds of a clock that only goes forward. */
double seconds_now(void);

progress_line progress_start(int quiet);

/* pass of passes has samples_done of samples done; prints a few times a second at most. */
void progress_show(progress_line *line, int64_t pass, int64_t passes, int64_t samples_done, int64_t samples);

/* Wipes the line. */
void progress_end(const progress_line *line);

#endif

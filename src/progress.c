/* progress.c - see progress.h. */
#include "progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

progress_line progress_start(int quiet) {
    return (progress_line){.shown = !quiet && isatty(STDERR_FILENO), .start_share = -1};
}

void progress_show(progress_line *line, int64_t pass, int64_t passes, int64_t samples_done, int64_t samples) {
    const double now = seconds_now();
    if (!line->shown || now - line->last < 0.2)
        return;
    const double share = ((double)pass + (double)samples_done / (double)samples) / (double)passes;
    if (line->start_share < 0) {
        line->start = now;
        line->start_share = share;
    }
    line->last = now;
    const double done = share - line->start_share;
    const double left = done > 0 ? (now - line->start) * (1 - share) / done : 0;
    fprintf(stderr, "\rlevel %lld of %lld, sample %lld of %lld, %lld:%02lld left ", (long long)pass + 1,
            (long long)passes, (long long)samples_done, (long long)samples, (long long)left / 60, (long long)left % 60);
}

void progress_end(const progress_line *line) {
    if (line->shown)
        fputs("\r\033[K", stderr);
}

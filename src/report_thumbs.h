/*
 * report_thumbs.h - small pictures of samples, read again from the folder that was scored. Only those asked for are
 * decoded.
 *
 * The folder may be gone or changed since: then there are no pictures, or not all, and report_thumbs says why; that is
 * never a failure of the report.
 */
#ifndef DLC_SRC_REPORT_THUMBS_H
#define DLC_SRC_REPORT_THUMBS_H

#include "report_data.h"

#include <dlc/dlc.h>

typedef struct report_thumbs {
    dlc_images *images;    /* NULL: no pictures */
    int64_t *places;       /* of each sample of the run in the folder as it is now; -1: gone */
    int64_t gone, added;   /* samples that are no longer there; images that the run did not have */
    char problem[1024];    /* why there are no pictures, or "" */
    unsigned char *pixels; /* of one picture */
} report_thumbs;

/* Opens the folder and finds the run's samples in it. EXIT_DONE, or EXIT_FAILED after a message (memory); to be freed
 * in both cases. */
int report_thumbs_open(report_thumbs *thumbs, const report_data *data);
void report_thumbs_free(report_thumbs *thumbs);

/* The picture of a sample as a PNG file in memory, to be freed by the caller, and its width in pixels; NULL where there
 * is none. */
unsigned char *report_thumbnail(report_thumbs *thumbs, int64_t sample, size_t *size, int64_t *width);

#endif

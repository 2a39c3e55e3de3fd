/* jsonl.c - see jsonl.h. */
#include "jsonl.h"

#include "input.h"
#include "message.h"
#include "outputs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BUFFER_SIZE = 1 << 20 };

typedef struct chosen_line {
    int64_t index;
    int64_t place; /* in the output */
} chosen_line;

typedef struct span {
    int64_t start, length;
} span;

typedef struct jsonl_job {
    const char *path;
    int descriptor;
    chosen_line *chosen; /* by index */
    span *spans;         /* by place */
    int64_t count;
    char *buffer;
} jsonl_job;

static int by_index(const void *left, const void *right) {
    const int64_t a = ((const chosen_line *)left)->index, b = ((const chosen_line *)right)->index;
    return (a > b) - (a < b);
}

/* ---- The first read ---- */

typedef struct line_scan {
    int64_t line, start; /* of the current line */
    int blank;           /* so far */
    int64_t next;        /* of the chosen lines */
} line_scan;

static int end_line(jsonl_job *job, line_scan *scan, int64_t end) {
    if (scan->blank)
        return failed("%s: line %lld is empty; every line must hold one sample", job->path, (long long)scan->line + 1);
    if (scan->next < job->count && job->chosen[scan->next].index == scan->line) {
        job->spans[job->chosen[scan->next].place] = (span){scan->start, end - scan->start};
        scan->next++;
    }
    scan->line++;
    scan->start = end;
    scan->blank = 1;
    return EXIT_DONE;
}

static int is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

/* The bytes of one buffer, which start at `offset` of the file. */
static int scan_bytes(jsonl_job *job, line_scan *scan, int64_t offset, int64_t size) {
    const char *from = job->buffer, *const end = job->buffer + size;
    while (from < end) {
        while (scan->blank && from < end && is_space(*from))
            from++;
        if (from == end)
            break;
        if (*from != '\n')
            scan->blank = 0;
        const char *newline = memchr(from, '\n', (size_t)(end - from));
        if (!newline)
            break;
        from = newline + 1;
        const int status = end_line(job, scan, offset + (from - job->buffer));
        if (status != EXIT_DONE)
            return status;
    }
    return EXIT_DONE;
}

static int find_lines(jsonl_job *job, int64_t lines, const char *scores) {
    line_scan scan = {.blank = 1};
    int64_t offset = 0, got;
    while ((got = input_read(job->descriptor, job->path, offset, job->buffer, BUFFER_SIZE)) > 0) {
        const int status = scan_bytes(job, &scan, offset, got);
        if (status != EXIT_DONE)
            return status;
        offset += got;
    }
    if (got < 0)
        return EXIT_FAILED;
    if (scan.start < offset) {
        const int status = end_line(job, &scan, offset);
        if (status != EXIT_DONE)
            return status;
    }
    return scan.line == lines
               ? EXIT_DONE
               : failed("%s has %lld lines, %s %lld scores", job->path, (long long)scan.line, scores, (long long)lines);
}

/* ---- The second read ---- */

/* *ends_well: whether the line brought a newline of its own. */
static int write_line(const jsonl_job *job, span line, FILE *out, int *ends_well) {
    while (line.length > 0) {
        const int64_t wanted = line.length < BUFFER_SIZE ? line.length : BUFFER_SIZE;
        const int64_t got = input_read(job->descriptor, job->path, line.start, job->buffer, wanted);
        if (got < 0)
            return EXIT_FAILED;
        if (got < wanted)
            return failed("%s has become shorter while it was read", job->path);
        fwrite(job->buffer, 1, (size_t)got, out);
        line.start += got;
        line.length -= got;
        *ends_well = job->buffer[got - 1] == '\n';
    }
    return EXIT_DONE;
}

static int write_lines(const jsonl_job *job, const char *to) {
    FILE *out = output_open(to);
    if (!out)
        return EXIT_FAILED;
    int status = EXIT_DONE;
    for (int64_t place = 0; place < job->count && status == EXIT_DONE && !ferror(out); place++) {
        int ends_well = 0;
        status = write_line(job, job->spans[place], out, &ends_well);
        if (!ends_well && place + 1 < job->count)
            putc('\n', out);
    }
    if (status == EXIT_DONE)
        return output_close(out, to);
    fclose(out);
    return status;
}

int jsonl_copy_lines(const char *path, int64_t lines, const char *scores, const int64_t *indices, int64_t count,
                     const char *to) {
    jsonl_job job = {.path = path, .descriptor = -1, .count = count};
    job.chosen = malloc((size_t)count * sizeof *job.chosen);
    job.spans = malloc((size_t)count * sizeof *job.spans);
    job.buffer = malloc(BUFFER_SIZE);
    int64_t size = 0;
    int status = EXIT_DONE;
    if (!job.chosen || !job.spans || !job.buffer)
        status = failed("%s: out of memory", path);
    else if ((job.descriptor = input_open(path, &size)) < 0)
        status = EXIT_FAILED;
    if (status == EXIT_DONE) {
        for (int64_t place = 0; place < count; place++)
            job.chosen[place] = (chosen_line){indices[place], place};
        qsort(job.chosen, (size_t)count, sizeof *job.chosen, by_index);
        status = find_lines(&job, lines, scores);
    }
    if (status == EXIT_DONE)
        status = write_lines(&job, to);
    if (job.descriptor >= 0)
        close(job.descriptor);
    free(job.chosen);
    free(job.spans);
    free(job.buffer);
    return status;
}

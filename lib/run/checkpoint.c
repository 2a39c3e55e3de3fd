/*
 * checkpoint.c - see checkpoint.h; and the setters of dlc/run.h that are about checkpoints. The bytes are,
 * little-endian:
 *
 *     "\x89DLCrun\n", int64 version, 1               seal
 *     which run it is of (identity.c)                seal
 *     int64 whether the unmasked pass is an extra one
 *     int64 rounds of automatic levels, double[rounds] their correlations, and if there are any
 *           float[samples] the scores after the last of them
 *     the state of the score (score/state.c)         seal
 *
 * A seal is the hash of all bytes before it, of 128 bits (base/stream.h). What stands before one is believed once it
 * fitted: so damage is told from a difference, and a later version is known as that.
 */
#include "checkpoint.h"

#include "base/stream.h"
#include "score/access.h"
#include "score/state.h"

#include <string.h>
#include <time.h>

#define VERSION 1

static const char magic[8] = "\x89"
                             "DLCrun\n";

#define INTERVAL_DEFAULT 60.0

/* ---- Settings ---- */

void dlc_checkpoint_settings_start(dlc_checkpoint_settings *settings) {
    *settings = (dlc_checkpoint_settings){.interval = INTERVAL_DEFAULT};
}

static void use_callbacks(dlc_run *run, dlc_checkpoint_write_callback write, dlc_checkpoint_read_callback read,
                          void *user) {
    dlc_checkpoint_settings *settings = &run->checkpoint;
    dlc_release(&run->allocator, settings->path);
    settings->path = NULL;
    settings->write = write;
    settings->read = read;
    settings->user = user;
}

dlc_status dlc_run_set_checkpoint(dlc_run *run, dlc_checkpoint_write_callback write, dlc_checkpoint_read_callback read,
                                  void *user) {
    if (!run)
        return DLC_ERROR_ARGUMENT;
    DLC_TRY(dlc_run_check_idle(run));
    if (!write != !read)
        return dlc_fail(&run->error, DLC_ERROR_ARGUMENT, "the checkpoint's %s callback is NULL",
                        write ? "read" : "write");
    use_callbacks(run, write, read, user);
    return DLC_OK;
}

dlc_status dlc_run_set_checkpoint_file(dlc_run *run, const char *path) {
    if (!run)
        return DLC_ERROR_ARGUMENT;
    DLC_TRY(dlc_run_check_idle(run));
    if (!path) {
        use_callbacks(run, NULL, NULL, NULL);
        return DLC_OK;
    }
    if (!*path)
        return dlc_fail(&run->error, DLC_ERROR_ARGUMENT, "the checkpoint's path is empty");
    char *copy = dlc_allocate_string(&run->allocator, path);
    if (!copy)
        return dlc_fail_memory(&run->error, "the checkpoint's path");
    dlc_checkpoint_settings *settings = &run->checkpoint;
    use_callbacks(run, dlc_checkpoint_file_write, dlc_checkpoint_file_read, &settings->file);
    settings->path = copy;
    settings->file = (dlc_checkpoint_file){.path = copy, .allocator = &run->allocator};
    return DLC_OK;
}

dlc_status dlc_run_set_checkpoint_interval(dlc_run *run, double seconds) {
    if (!run)
        return DLC_ERROR_ARGUMENT;
    DLC_TRY(dlc_run_check_idle(run));
    if (!(seconds >= 0))
        return dlc_fail(&run->error, DLC_ERROR_ARGUMENT, "an interval of %g seconds is not 0 or more", seconds);
    run->checkpoint.interval = seconds;
    return DLC_OK;
}

static dlc_status check_fingerprint(dlc_run *run, const char *name, const void *data, int64_t size) {
    if (!name || !*name || strlen(name) > DLC_IDENTITY_NAME_MAX)
        return dlc_fail(&run->error, DLC_ERROR_ARGUMENT, "the name of a fingerprint is not of 1 to %d bytes",
                        DLC_IDENTITY_NAME_MAX);
    if (size < 0)
        return dlc_fail(&run->error, DLC_ERROR_ARGUMENT, "size %lld of fingerprint '%s' is negative", (long long)size,
                        name);
    if (!data && size > 0)
        return dlc_fail(&run->error, DLC_ERROR_ARGUMENT, "data of fingerprint '%s' is NULL", name);
    for (int64_t i = 0; i < run->checkpoint.fingerprint_count; i++)
        if (strcmp(run->checkpoint.fingerprints[i].name, name) == 0)
            return dlc_fail(&run->error, DLC_ERROR_ARGUMENT, "there are two fingerprints '%s'", name);
    return DLC_OK;
}

dlc_status dlc_run_add_fingerprint(dlc_run *run, const char *name, const void *data, int64_t size) {
    if (!run)
        return DLC_ERROR_ARGUMENT;
    DLC_TRY(dlc_run_check_idle(run));
    DLC_TRY(check_fingerprint(run, name, data, size));
    dlc_checkpoint_settings *settings = &run->checkpoint;
    void *items = settings->fingerprints;
    const int room = dlc_allocate_room(&run->allocator, &items, settings->fingerprint_count,
                                       &settings->fingerprint_room, sizeof *settings->fingerprints);
    settings->fingerprints = items;
    char *copy = room ? dlc_allocate_string(&run->allocator, name) : NULL;
    if (!copy)
        return dlc_fail_memory(&run->error, "a fingerprint");
    settings->fingerprints[settings->fingerprint_count++] =
        (dlc_fingerprint){copy, dlc_identity_fingerprint(copy, data, size)};
    return DLC_OK;
}

void dlc_checkpoint_settings_stop(dlc_checkpoint_settings *settings, const dlc_allocator *allocator) {
    for (int64_t i = 0; i < settings->fingerprint_count; i++)
        dlc_release(allocator, settings->fingerprints[i].name);
    dlc_release(allocator, settings->fingerprints);
    dlc_release(allocator, settings->path);
}

int64_t dlc_run_resumed_pass(const dlc_run *run) {
    return run ? run->resumed_pass : -1;
}

int64_t dlc_run_resumed_samples(const dlc_run *run) {
    return run ? run->resumed_samples : -1;
}

/* ---- One execution ---- */

static dlc_identity_source source_of(const dlc_run *run) {
    return (dlc_identity_source){.mask = run->mask,
                                 .score = run->score,
                                 .auto_spearman = run->auto_spearman,
                                 .has_exchange = run->exchange != NULL,
                                 .fingerprints = run->checkpoint.fingerprints,
                                 .fingerprint_count = run->checkpoint.fingerprint_count};
}

int64_t dlc_checkpoint_bytes(const dlc_run *run) {
    const dlc_checkpoint_settings *settings = &run->checkpoint;
    int64_t bytes = settings->fingerprint_room * (int64_t)sizeof *settings->fingerprints;
    for (int64_t i = 0; i < settings->fingerprint_count; i++)
        bytes += (int64_t)strlen(settings->fingerprints[i].name) + 1;
    if (!settings->write)
        return bytes;
    const dlc_identity_source source = source_of(run);
    /* A file's path, and that of the temporary one beside it. */
    const int64_t paths = settings->path ? 2 * (int64_t)strlen(settings->path) + 64 : 0;
    return bytes + paths + DLC_STREAM_BUFFER + dlc_identity_bytes(&source);
}

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static dlc_status start(dlc_run *run, dlc_execution *now) {
    const dlc_identity_source source = source_of(run);
    now->buffer = dlc_allocate(&run->allocator, DLC_STREAM_BUFFER, 1);
    if (!now->buffer)
        return dlc_fail_memory(&run->error, "the checkpoint");
    DLC_TRY(dlc_identity_make(&source, &run->allocator, &run->error, &now->identity));
    now->written_at = seconds_now();
    return DLC_OK;
}

void dlc_checkpoint_close(dlc_run *run, dlc_execution *now) {
    dlc_identity_free(&now->identity, &run->allocator);
    dlc_release(&run->allocator, now->buffer);
    now->buffer = NULL;
}

/* What a message calls the checkpoint. */
static const char *name_of(const dlc_run *run) {
    return run->checkpoint.path ? run->checkpoint.path : "the checkpoint";
}

/* ---- What the bytes are ---- */

static void heading(dlc_stream *stream, int64_t *version) {
    char start[sizeof magic];
    memcpy(start, magic, sizeof magic);
    dlc_stream_bytes(stream, start, sizeof start);
    dlc_stream_expect(stream, memcmp(start, magic, sizeof magic) == 0);
    dlc_stream_int64(stream, version);
    dlc_stream_seal(stream);
}

/* Everything after the identity; reading it fills the run, the execution and the score. */
static dlc_status progress(dlc_run *run, dlc_execution *now, dlc_stream *stream) {
    /* Kept features are not saved: who goes on from here has to make them again. */
    int64_t extra_pass = now->extra_pass || now->kept;
    dlc_stream_int64(stream, &extra_pass);
    dlc_stream_expect(stream, extra_pass == 0 || (extra_pass == 1 && now->makes_centroids));
    dlc_stream_int64(stream, &run->round_count);
    dlc_stream_expect(stream, run->round_count >= 0 && run->round_count < DLC_ROUNDS_MAX &&
                                  (run->round_count == 0 || run->auto_spearman > 0));
    if (stream->fault != DLC_STREAM_GOOD)
        return DLC_OK;
    now->extra_pass = (int)extra_pass;
    for (int64_t round = 0; round < run->round_count; round++)
        dlc_stream_double(stream, &run->rounds[round].spearman);
    if (run->round_count > 0)
        dlc_stream_floats(stream, now->estimate, now->samples);
    DLC_TRY(dlc_run_from_score(run, dlc_score_state(run->score, stream, &now->taken)));
    dlc_stream_expect(stream, extra_pass || dlc_score_has_centroids(run->score));
    dlc_stream_seal(stream);
    return DLC_OK;
}

/* ---- Writing ---- */

static int write_step(dlc_run *run, int32_t step, const void *data, int64_t size) {
    int32_t done = -1;
    run->checkpoint.write(run->checkpoint.user, step, data, size, &done);
    return done == 1;
}

static int64_t write_data(void *context, void *data, int64_t size) {
    return write_step(context, DLC_CHECKPOINT_DATA, data, size) ? size : -1;
}

/* The file knows why; of the caller's own function there is no more to say. */
static dlc_status fail_write(dlc_run *run, const char *step) {
    const dlc_checkpoint_file *file = &run->checkpoint.file;
    if (run->checkpoint.path)
        return dlc_fail(&run->error, file->status, "%s", file->error.text);
    return dlc_fail(&run->error, DLC_ERROR_CALLBACK, "the checkpoint's write callback failed at step %s", step);
}

static dlc_status write_all(dlc_run *run, dlc_execution *now) {
    int64_t version = VERSION;
    dlc_stream stream;
    dlc_stream_begin(&stream, 0, write_data, run, now->buffer);
    heading(&stream, &version);
    dlc_identity_write(&now->identity, &stream);
    dlc_stream_seal(&stream);
    progress(run, now, &stream); /* fails only where it reads */
    dlc_stream_end(&stream);
    return stream.fault == DLC_STREAM_GOOD ? DLC_OK : fail_write(run, "DATA");
}

dlc_status dlc_checkpoint_save(dlc_run *run, dlc_execution *now) {
    if (!run->checkpoint.write)
        return DLC_OK;
    now->unsaved = 0; /* one that failed is not tried again */
    if (!write_step(run, DLC_CHECKPOINT_BEGIN, NULL, 0))
        return fail_write(run, "BEGIN");
    dlc_status status = write_all(run, now);
    if (status == DLC_OK && !write_step(run, DLC_CHECKPOINT_COMMIT, NULL, 0))
        status = fail_write(run, "COMMIT");
    if (status != DLC_OK)
        write_step(run, DLC_CHECKPOINT_ABORT, NULL, 0);
    now->written_at = seconds_now();
    return status;
}

dlc_status dlc_checkpoint_save_in_time(dlc_run *run, dlc_execution *now) {
    if (!run->checkpoint.write || !(seconds_now() - now->written_at >= run->checkpoint.interval))
        return DLC_OK;
    return dlc_checkpoint_save(run, now);
}

dlc_status dlc_checkpoint_save_at_stop(dlc_run *run, dlc_execution *now, dlc_status status) {
    if (!now->unsaved)
        return status;
    const dlc_error why = run->error;
    const dlc_status saved = dlc_checkpoint_save(run, now);
    if (saved != DLC_OK && status == DLC_ERROR_CANCELLED)
        return saved;
    run->error = why;
    return status;
}

/* ---- Reading ---- */

typedef struct reader {
    dlc_run *run;
    int64_t asked, got; /* of the last call */
} reader;

static int64_t read_data(void *context, void *data, int64_t size) {
    reader *own = context;
    own->asked = size;
    own->got = -1;
    own->run->checkpoint.read(own->run->checkpoint.user, data, size, &own->got);
    return own->got <= size ? own->got : -1;
}

static dlc_status fail_read(dlc_run *run, const reader *own) {
    const dlc_checkpoint_file *file = &run->checkpoint.file;
    if (run->checkpoint.path)
        return dlc_fail(&run->error, file->status, "%s", file->error.text);
    if (own->got == -1)
        return dlc_fail(&run->error, DLC_ERROR_CALLBACK, "the checkpoint's read callback failed");
    return dlc_fail(&run->error, DLC_ERROR_CALLBACK, "the checkpoint's read callback read %lld of %lld bytes",
                    (long long)own->got, (long long)own->asked);
}

static dlc_status check_fault(dlc_run *run, const dlc_stream *stream, const char *what) {
    if (stream->fault == DLC_STREAM_BROKEN)
        return fail_read(run, stream->context);
    if (stream->fault == DLC_STREAM_DAMAGED)
        return dlc_fail(&run->error, DLC_ERROR_FORMAT, "%s %s", name_of(run), what);
    return DLC_OK;
}

/* The round in which automatic levels come to a level. */
static int64_t round_of(int64_t level, int64_t levels) {
    int64_t low = 0, high = levels - 1, round = 0;
    while (level != low && level != high) {
        const int64_t middle = low + (high - low) / 2;
        round++;
        if (level == middle)
            return round;
        *(level < middle ? &high : &low) = middle;
    }
    return round;
}

/* All levels of the rounds that ended are done; what that makes is not stored. */
static int complete_rounds(dlc_run *run, const dlc_execution *now) {
    int64_t counts[DLC_ROUNDS_MAX] = {0};
    for (int64_t level = 0; level < now->levels; level++) {
        const int64_t round = round_of(level, now->levels);
        counts[round]++;
        if (round < run->round_count && !dlc_score_level_is_done(run->score, level))
            return 0;
    }
    int64_t visited = 0;
    for (int64_t round = 0; round < run->round_count; round++) {
        visited += counts[round];
        run->rounds[round].visited = visited;
        if (counts[round] == 0)
            return 0;
    }
    return 1;
}

static dlc_status check_identity(dlc_run *run, const dlc_execution *now, dlc_stream *stream) {
    char difference[sizeof run->error.text];
    int64_t version = 0;
    heading(stream, &version);
    DLC_TRY(check_fault(run, stream, "is no checkpoint, or damaged"));
    if (version != VERSION)
        return dlc_fail(&run->error, DLC_ERROR_UNSUPPORTED, "%s is a checkpoint of version %lld, this libdlc knows %d",
                        name_of(run), (long long)version, VERSION);
    dlc_identity_compare(&now->identity, stream, difference, sizeof difference);
    dlc_stream_seal(stream);
    DLC_TRY(check_fault(run, stream, "is damaged"));
    if (difference[0])
        return dlc_fail(&run->error, DLC_ERROR_STATE, "%s is of a run that differs in %s", name_of(run), difference);
    return DLC_OK;
}

static dlc_status read_all(dlc_run *run, dlc_execution *now, dlc_stream *stream) {
    DLC_TRY(check_identity(run, now, stream));
    DLC_TRY(progress(run, now, stream));
    dlc_stream_end(stream);
    dlc_stream_expect(stream, stream->fault == DLC_STREAM_GOOD && complete_rounds(run, now));
    DLC_TRY(check_fault(run, stream, "is damaged"));
    now->pass = dlc_score_visited_count(run->score) + (now->extra_pass && dlc_score_has_centroids(run->score));
    run->resumed_pass = now->pass;
    run->resumed_samples = now->taken;
    return DLC_OK;
}

dlc_status dlc_checkpoint_open(dlc_run *run, dlc_execution *now) {
    if (!run->checkpoint.write)
        return DLC_OK;
    DLC_TRY(start(run, now));
    reader own = {.run = run};
    dlc_stream stream;
    dlc_stream_begin(&stream, 1, read_data, &own, now->buffer);
    const int is_empty = dlc_stream_is_at_end(&stream);
    dlc_status status = check_fault(run, &stream, "");
    if (status == DLC_OK && !is_empty)
        status = read_all(run, now, &stream);
    if (run->checkpoint.path)
        dlc_checkpoint_file_close(&run->checkpoint.file);
    return status;
}

/* report_record.c - see report_record.h. */
#include "report_record.h"

#include "input.h"
#include "message.h"

#include <dlc/dlc.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Every entry of a list must unpack by `format`, which names at most two keys. NULL is an empty list. */
static int check_list(const char *path, const char *name, json_t *list, const char *format, const char *first,
                      const char *second) {
    if (list && !json_is_array(list))
        return failed("%s: \"%s\" is not a list", path, name);
    size_t i = 0;
    json_t *entry = NULL;
    json_array_foreach(list, i, entry) {
        json_error_t error;
        if (json_unpack_ex(entry, &error, JSON_VALIDATE_ONLY, format, first, second) == 0)
            continue;
        if (json_error_code(&error) == json_error_out_of_memory)
            return failed("%s: out of memory", path);
        return failed("%s: entry %zu of \"%s\" cannot be understood", path, i, name);
    }
    return EXIT_DONE;
}

static int check_timings(const char *path, json_t *timings) {
    if (timings && !json_is_object(timings))
        return failed("%s: \"timings\" is not an object", path);
    const char *name = NULL;
    json_t *seconds = NULL;
    json_object_foreach(timings, name, seconds) {
        if (!json_is_number(seconds) || json_number_value(seconds) < 0)
            return failed("%s: the timing \"%s\" is not a number of seconds", path, name);
    }
    return EXIT_DONE;
}

static int check(const report_record *record, const char *path) {
    const struct {
        const char *name;
        json_t *list;
        const char *format, *first, *second;
    } lists[] = {
        {"classes", record->classes, "{s:s}", "name", NULL},
        {"skipped", record->skipped, "{s:s, s:s}", "path", "reason"},
        {"include", record->include, "s", NULL, NULL},
        {"exclude", record->exclude, "s", NULL, NULL},
        {"mean", json_object_get(record->transform, "mean"), "F", NULL, NULL},
        {"std", json_object_get(record->transform, "std"), "F", NULL, NULL},
        {"rounds", record->rounds, "{s:I, s:o}", "levels", "spearman"},
        {"levels", record->levels, "{s:F}", "capacity", NULL},
        {"levels used", record->levels_used, "I", NULL, NULL},
    };
    if (record->size < 0 || record->size > DLC_IMAGES_SIDE_MAX)
        return failed("%s: \"size\" is %lld, not in 0 to %d", path, (long long)record->size, DLC_IMAGES_SIDE_MAX);
    if (record->crop < 0 || record->crop > DLC_IMAGES_SIDE_MAX)
        return failed("%s: \"crop\" is %lld, not in 0 to %d", path, (long long)record->crop, DLC_IMAGES_SIDE_MAX);
    int status = check_timings(path, record->timings);
    for (size_t i = 0; status == EXIT_DONE && i < sizeof lists / sizeof lists[0]; i++)
        status = check_list(path, lists[i].name, lists[i].list, lists[i].format, lists[i].first, lists[i].second);
    return status;
}

/* The parts that a run does not always have. */
static int take_parts(report_record *record, json_t *automatic, json_error_t *error) {
    json_int_t size = 0, crop = 0;
    if (record->transform && json_unpack_ex(record->transform, error, 0, "{s?I, s?I, s?s}", "size", &size, "crop",
                                            &crop, "interpolation", &record->interpolation) != 0)
        return 0;
    record->size = size;
    record->crop = crop;
    return !automatic || json_is_null(automatic) ||
           json_unpack_ex(automatic, error, 0, "{s:F, s:o}", "agreement", &record->agreement, "rounds",
                          &record->rounds) == 0;
}

static void take_seed(report_record *record, const json_t *seed) {
    if (json_is_integer(seed))
        snprintf(record->seed, sizeof record->seed, "%lld", (long long)json_integer_value(seed));
    else if (json_is_string(seed))
        snprintf(record->seed, sizeof record->seed, "%s", json_string_value(seed));
}

int report_record_load(report_record *record, const char *path) {
    char *text = NULL;
    int64_t size = 0;
    if (input_read_text(path, &text, &size) != EXIT_DONE)
        return EXIT_FAILED;
    /* Twice: without memory the parser leaves out characters, or blames the next token, and does not tell. */
    json_error_t error, other_error;
    record->root = json_loadb(text, (size_t)size, JSON_REJECT_DUPLICATES, &error);
    json_t *again = json_loadb(text, (size_t)size, JSON_REJECT_DUPLICATES, &other_error);
    const int is_sound = record->root ? again && json_equal(record->root, again)
                                      : !again && error.text[0] && strcmp(error.text, other_error.text) == 0;
    json_decref(again);
    free(text);
    if (!is_sound)
        return failed("%s: out of memory", path);
    if (!record->root)
        return failed("%s: not JSON: %s in line %d", path, error.text, error.line);
    json_t *seed = NULL, *automatic = NULL;
    json_int_t channels = 0, height = 0, width = 0;
    const int understood =
        json_unpack_ex(record->root, &error, 0,
                       "{s?s, s?{s?s, s?s, s?s}, s?{s?s, s?I, s?I, s?I, s?b, s?o, s?o, s?o}, "
                       "s?{s?s, s?s, s?o, s?o, s?o, s?o}, s?s, s?o, s?o, s?o}",
                       "libdlc", &record->version, "encoder", "file", &record->encoder, "architecture",
                       &record->architecture, "pool", &record->pool, "images", "folder", &record->folder, "channels",
                       &channels, "height", &height, "width", &width, "skip broken", &record->skip_broken, "transform",
                       &record->transform, "classes", &record->classes, "skipped", &record->skipped, "masking",
                       "schedule", &record->schedule, "criterion", &record->criterion, "seed", &seed, "include",
                       &record->include, "exclude", &record->exclude, "levels", &record->levels, "observe",
                       &record->observe, "levels used", &record->levels_used, "automatic", &automatic, "timings",
                       &record->timings) == 0 &&
        take_parts(record, automatic, &error);
    if (!understood)
        return json_error_code(&error) == json_error_out_of_memory
                   ? failed("%s: out of memory", path)
                   : failed("%s: not the record of a run: %s", path, error.text);
    record->channels = channels;
    record->height = height;
    record->width = width;
    take_seed(record, seed);
    return check(record, path);
}

void report_record_free(report_record *record) {
    json_decref(record->root);
}

const char *report_record_class(const report_record *record, int64_t class_id) {
    return json_string_value(json_object_get(json_array_get(record->classes, (size_t)class_id), "name"));
}

int report_record_skipped(const report_record *record, size_t i, const char **path, const char **reason) {
    const json_t *entry = json_array_get(record->skipped, i);
    if (!entry)
        return 0;
    *path = json_string_value(json_object_get(entry, "path"));
    *reason = json_string_value(json_object_get(entry, "reason"));
    return 1;
}

int report_record_round(const report_record *record, size_t i, int64_t *levels, double *spearman) {
    const json_t *entry = json_array_get(record->rounds, i);
    if (!entry)
        return 0;
    const json_t *seen = json_object_get(entry, "spearman");
    *levels = json_integer_value(json_object_get(entry, "levels"));
    *spearman = json_is_number(seen) ? json_number_value(seen) : NAN;
    return 1;
}

int report_record_capacities(const report_record *record, const char *path, int64_t rows, double **out) {
    *out = NULL;
    const size_t levels = json_array_size(record->levels);
    const size_t used = record->levels_used ? json_array_size(record->levels_used) : levels;
    if (levels == 0)
        return EXIT_DONE;
    if (used != (size_t)rows)
        return failed("%s: %zu levels, where curves.npy has %lld", path, used, (long long)rows);
    double *capacities = malloc((size_t)rows * sizeof *capacities);
    if (!capacities)
        return failed("%s: out of memory", path);
    for (size_t row = 0; row < used; row++) {
        const json_t *index = record->levels_used ? json_array_get(record->levels_used, row) : NULL;
        const json_int_t level = index ? json_integer_value(index) : (json_int_t)row;
        const json_t *entry = level < 0 ? NULL : json_array_get(record->levels, (size_t)level);
        capacities[row] = entry ? json_number_value(json_object_get(entry, "capacity")) : -1;
        if (!(capacities[row] >= 0 && capacities[row] <= 1)) {
            free(capacities);
            return failed("%s: no capacity of level %zu of those used", path, row);
        }
    }
    *out = capacities;
    return EXIT_DONE;
}

/* report_record.c - see report_record.h. */
#include "report_record.h"

#include "message.h"

#include <stdio.h>
#include <stdlib.h>

static int check_kind(const char *path, const char *name, const json_t *value, json_type kind) {
    if (value && json_typeof(value) != kind)
        return failed("%s: \"%s\" is not %s", path, name, kind == JSON_ARRAY ? "a list" : "an object");
    return EXIT_DONE;
}

/* Every entry of a list must unpack by `format`. */
static int check_entries(const char *path, const char *name, json_t *list, const char *format, const char *first,
                         const char *second) {
    size_t i = 0;
    json_t *entry = NULL;
    json_array_foreach(list, i, entry) {
        if (json_unpack_ex(entry, NULL, JSON_VALIDATE_ONLY, format, first, second) != 0)
            return failed("%s: entry %zu of \"%s\" cannot be understood", path, i, name);
    }
    return EXIT_DONE;
}

static int check_timings(const char *path, json_t *timings) {
    const char *name = NULL;
    json_t *seconds = NULL;
    json_object_foreach(timings, name, seconds) {
        if (!json_is_number(seconds) || json_number_value(seconds) < 0)
            return failed("%s: the timing \"%s\" is not a number of seconds", path, name);
    }
    return EXIT_DONE;
}

static int check(const report_record *record, const char *path) {
    int status = check_kind(path, "classes", record->classes, JSON_ARRAY);
    if (status == EXIT_DONE)
        status = check_kind(path, "skipped", record->skipped, JSON_ARRAY);
    if (status == EXIT_DONE)
        status = check_kind(path, "timings", record->timings, JSON_OBJECT);
    if (status == EXIT_DONE)
        status = check_kind(path, "levels", record->levels, JSON_ARRAY);
    if (status == EXIT_DONE)
        status = check_kind(path, "levels used", record->levels_used, JSON_ARRAY);
    if (status == EXIT_DONE)
        status = check_entries(path, "classes", record->classes, "{s:s}", "name", NULL);
    if (status == EXIT_DONE)
        status = check_entries(path, "skipped", record->skipped, "{s:s, s:s}", "path", "reason");
    return status == EXIT_DONE ? check_timings(path, record->timings) : status;
}

static void take_seed(report_record *record, const json_t *seed) {
    if (json_is_integer(seed))
        snprintf(record->seed, sizeof record->seed, "%lld", (long long)json_integer_value(seed));
    else if (json_is_string(seed))
        snprintf(record->seed, sizeof record->seed, "%s", json_string_value(seed));
}

int report_record_load(report_record *record, const char *path) {
    json_error_t error;
    record->root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (!record->root && error.line < 0)
        return failed("%s: %s", path, error.text);
    if (!record->root)
        return failed("%s: not JSON: %s in line %d", path, error.text, error.line);
    json_t *seed = NULL;
    json_int_t channels = 0, height = 0, width = 0;
    const int broken = json_unpack_ex(
        record->root, &error, 0,
        "{s?s, s?{s?s, s?s}, s?{s?s, s?I, s?I, s?I, s?o, s?o}, s?{s?s, s?s, s?o, s?o}, s?s, s?o, s?o}", "libdlc",
        &record->version, "encoder", "file", &record->encoder, "architecture", &record->architecture, "images",
        "folder", &record->folder, "channels", &channels, "height", &height, "width", &width, "classes",
        &record->classes, "skipped", &record->skipped, "masking", "schedule", &record->schedule, "criterion",
        &record->criterion, "seed", &seed, "levels", &record->levels, "observe", &record->observe, "timings",
        &record->timings, "levels used", &record->levels_used);
    if (broken)
        return failed("%s: not the record of a run: %s", path, error.text);
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
    return json_unpack(json_array_get(record->skipped, i), "{s:s, s:s}", "path", path, "reason", reason) == 0;
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
        json_int_t level = (json_int_t)row;
        const json_t *index = record->levels_used ? json_array_get(record->levels_used, row) : NULL;
        if (index)
            level = json_is_integer(index) ? json_integer_value(index) : -1;
        json_t *entry = level < 0 ? NULL : json_array_get(record->levels, (size_t)level);
        const json_t *capacity = json_object_get(entry, "capacity");
        capacities[row] = json_number_value(capacity);
        if (!json_is_number(capacity) || capacities[row] < 0 || capacities[row] > 1) {
            free(capacities);
            return failed("%s: no capacity of level %zu of those used", path, row);
        }
    }
    *out = capacities;
    return EXIT_DONE;
}

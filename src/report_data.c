/* report_data.c - see report_data.h: the files of RUN, read and held against each other. */
#include "report_data.h"

#include "arrays.h"
#include "message.h"
#include "run_folder.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_SIZE = 4096 };

static const char *file_of(const report_data *data, const char *name, char *buffer) {
    snprintf(buffer, PATH_SIZE, "%s/%s", data->run, name);
    return buffer;
}

static int load_scores(report_data *data) {
    char path[PATH_SIZE];
    const int status =
        array_load_float(file_of(data, "scores.npy", path), 1, "[samples]", &data->scores, &data->samples);
    if (status != EXIT_DONE)
        return status;
    for (int64_t i = 0; i < data->samples; i++)
        if (!isfinite(data->scores[i]))
            return failed("%s: the score of sample %lld is not finite", path, (long long)i);
    return EXIT_DONE;
}

/* Labels count the classes where the record does not. */
static int load_labels(report_data *data) {
    char path[PATH_SIZE];
    int64_t count = 0;
    const int status = array_load_int64(file_of(data, "labels.npy", path), "[samples]", &data->labels, &count);
    if (status != EXIT_DONE)
        return status;
    if (count != data->samples)
        return failed("%s: %lld labels, where scores.npy has %lld scores", path, (long long)count,
                      (long long)data->samples);
    const int64_t named = (int64_t)json_array_size(data->record.classes);
    /* Without names there is no class without a sample, so none is numbered above their count. */
    const int64_t limit = named > 0 ? named : data->samples;
    int64_t largest = 0;
    for (int64_t i = 0; i < count; i++) {
        if (data->labels[i] < 0 || data->labels[i] >= limit)
            return failed("%s: label %lld of sample %lld is not one of %lld classes", path, (long long)data->labels[i],
                          (long long)i, (long long)limit);
        largest = data->labels[i] > largest ? data->labels[i] : largest;
    }
    data->class_count = named > 0 ? named : largest + 1;
    return EXIT_DONE;
}

/* Runs of older versions have no such file. */
static int load_correct(report_data *data) {
    char path[PATH_SIZE];
    if (access(file_of(data, "correct.npy", path), F_OK) != 0)
        return EXIT_DONE;
    int64_t count = 0, *counts = NULL;
    int status = array_load_int64(path, "[samples]", &counts, &count);
    if (status == EXIT_DONE && count != data->samples)
        status = failed("%s: %lld counts, where scores.npy has %lld scores", path, (long long)count,
                        (long long)data->samples);
    if (status == EXIT_DONE && !(data->correct = malloc((size_t)count * sizeof *data->correct)))
        status = failed("%s: out of memory", path);
    for (int64_t i = 0; status == EXIT_DONE && i < count; i++) {
        if (counts[i] < 0 || counts[i] > data->level_count)
            status = failed("%s: count %lld of sample %lld is not one of 0 to %lld levels", path, (long long)counts[i],
                            (long long)i, (long long)data->level_count);
        data->correct[i] = (int32_t)counts[i];
    }
    free(counts);
    return status;
}

static int load_selection(report_data *data) {
    int64_t count = 0, *indices = NULL;
    if (!data->select)
        return EXIT_DONE;
    int status = array_load_int64(data->select, "[kept]", &indices, &count);
    if (status == EXIT_DONE && !(data->kept = calloc((size_t)data->samples, 1)))
        status = failed("%s: out of memory", data->select);
    for (int64_t i = 0; status == EXIT_DONE && i < count; i++) {
        if (indices[i] < 0 || indices[i] >= data->samples)
            status = failed("%s: index %lld is not one of the %lld samples of %s", data->select, (long long)indices[i],
                            (long long)data->samples, data->run);
        else if (data->kept[indices[i]])
            status = failed("%s: index %lld occurs twice", data->select, (long long)indices[i]);
        else
            data->kept[indices[i]] = 1;
    }
    data->kept_count = count;
    free(indices);
    return status;
}

static int open_curves(report_data *data, const char *path, dlc_npy **out) {
    const int status = array_open(path, DLC_DTYPE_F32, 2, "[levels, samples]", out);
    if (status != EXIT_DONE)
        return status;
    if (dlc_npy_dim(*out, 1) != data->samples)
        return failed("%s: curves of %lld samples, where scores.npy has %lld scores", path,
                      (long long)dlc_npy_dim(*out, 1), (long long)data->samples);
    data->level_count = dlc_npy_dim(*out, 0);
    data->levels = calloc((size_t)data->level_count, sizeof *data->levels);
    return data->levels ? EXIT_DONE : failed("%s: out of memory", path);
}

static double mean_of(const float *values, const int64_t *samples, int64_t count) {
    double sum = 0;
    for (int64_t i = 0; i < count; i++)
        sum += values[samples[i]];
    return sum / (double)count;
}

/* Level by level, so that curves of any length take the memory of one. Needs the ranking. */
static int average_curves(report_data *data, const char *path, dlc_npy *curves) {
    float *values = malloc((size_t)data->samples * sizeof *values);
    int status = values ? EXIT_DONE : failed("%s: out of memory", path);
    for (int64_t level = 0; status == EXIT_DONE && level < data->level_count; level++) {
        if (dlc_npy_read(curves, level * data->samples, data->samples, values) != DLC_OK) {
            status = failed("%s", dlc_npy_message(curves));
            break;
        }
        report_level *means = &data->levels[level];
        means->mean[GROUP_ALL] = mean_of(values, data->ranking, data->samples);
        means->mean[GROUP_EASY] = mean_of(values, data->ranking, data->tenth);
        means->mean[GROUP_HARD] = mean_of(values, data->ranking + data->samples - data->tenth, data->tenth);
        if (!isfinite(means->mean[GROUP_ALL]))
            status = failed("%s: an observation at level %lld is not finite", path, (long long)level);
    }
    free(values);
    return status;
}

static int load_samples(report_data *data) {
    char path[PATH_SIZE];
    int status = load_scores(data);
    if (status == EXIT_DONE)
        status = load_labels(data);
    if (status == EXIT_DONE)
        status =
            run_folder_read_samples(file_of(data, "samples.txt", path), data->samples, &data->paths, &data->path_block);
    return status;
}

int report_data_load(report_data *data) {
    char record[PATH_SIZE], path[PATH_SIZE];
    dlc_npy *curves = NULL;
    int status = report_record_load(&data->record, file_of(data, "run.json", record));
    if (status == EXIT_DONE)
        status = load_samples(data);
    if (status == EXIT_DONE)
        status = open_curves(data, file_of(data, "curves.npy", path), &curves);
    if (status == EXIT_DONE)
        status = report_record_capacities(&data->record, record, data->level_count, &data->capacities);
    if (status == EXIT_DONE)
        status = load_correct(data);
    if (status == EXIT_DONE)
        status = load_selection(data);
    if (status == EXIT_DONE)
        status = report_classes_count(data);
    if (status == EXIT_DONE)
        status = average_curves(data, path, curves);
    dlc_npy_free(curves);
    return status;
}

void report_data_free(report_data *data) {
    for (int64_t i = 0; data->classes && i < data->class_count; i++)
        free(data->classes[i].name);
    free(data->classes);
    free(data->order);
    free(data->ranking);
    free(data->levels);
    free(data->capacities);
    free(data->kept);
    free(data->correct);
    free(data->paths);
    free(data->path_block);
    free(data->labels);
    free(data->scores);
    report_record_free(&data->record);
}

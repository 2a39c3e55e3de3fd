/* report_classes.c - see report_data.h: samples ranked, classes cut and counted. */
#include "message.h"
#include "report_data.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct ranked_sample {
    int64_t label, index;
    float score;
} ranked_sample;

static int by_score(const void *a, const void *b) {
    const ranked_sample *x = a, *y = b;
    if (x->score != y->score)
        return x->score < y->score ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

static int by_class(const void *a, const void *b) {
    const ranked_sample *x = a, *y = b;
    return x->label != y->label ? (x->label < y->label ? -1 : 1) : by_score(a, b);
}

static void sort_samples(const report_data *data, ranked_sample *samples, int (*order)(const void *, const void *),
                         int64_t *out) {
    for (int64_t i = 0; i < data->samples; i++)
        samples[i] = (ranked_sample){data->labels[i], i, data->scores[i]};
    qsort(samples, (size_t)data->samples, sizeof *samples, order);
    for (int64_t i = 0; i < data->samples; i++)
        out[i] = samples[i].index;
}

/* The score of a class below which a share of its samples lies. */
static float quantile(const report_data *data, const report_class *class, double share) {
    return data->scores[class->order[(int64_t)(share * (double)(class->samples - 1) + 0.5)]];
}

/* As in the record; else the folder that the class's first sample lies in. */
static char *name_of(const report_data *data, const report_class *class, int64_t class_id) {
    const char *name = report_record_class(&data->record, class_id);
    if (name)
        return strdup(name);
    const char *path = class->samples > 0 ? data->paths[class->order[0]] : "";
    return strndup(path, strcspn(path, "/"));
}

static void count_class(const report_data *data, report_class *class) {
    /* FlexRand's cut: half to even, like every rounding of the method. */
    class->easy = (int64_t)nearbyint(data->gamma * (double)class->samples);
    double sum = 0, sum_kept = 0;
    for (int64_t i = 0; i < class->samples; i++) {
        const int64_t sample = class->order[i];
        sum += data->scores[sample];
        if (data->kept && data->kept[sample]) {
            *(i < class->easy ? &class->kept_easy : &class->kept_hard) += 1;
            sum_kept += data->scores[sample];
        }
        if (data->correct) {
            class->right += data->correct[sample];
            class->never_right += data->correct[sample] == 0;
        }
    }
    if (class->samples == 0)
        return;
    const int64_t kept = class->kept_easy + class->kept_hard;
    class->mean = sum / (double)class->samples;
    class->mean_kept = kept > 0 ? sum_kept / (double)kept : 0;
    class->low = quantile(data, class, 0.1);
    class->middle = quantile(data, class, 0.5);
    class->high = quantile(data, class, 0.9);
}

int report_classes_count(report_data *data) {
    const size_t samples = (size_t)data->samples;
    ranked_sample *scratch = malloc(samples * sizeof *scratch);
    data->ranking = malloc(samples * sizeof *data->ranking);
    data->order = malloc(samples * sizeof *data->order);
    data->classes = calloc((size_t)data->class_count, sizeof *data->classes);
    if (!scratch || !data->ranking || !data->order || !data->classes) {
        free(scratch);
        return failed("%s: out of memory", data->run);
    }
    sort_samples(data, scratch, by_score, data->ranking);
    sort_samples(data, scratch, by_class, data->order);
    free(scratch);
    data->tenth = data->samples < 10 ? 1 : data->samples / 10;
    for (int64_t class_id = 0, first = 0; class_id < data->class_count; class_id++) {
        report_class *class = &data->classes[class_id];
        class->order = data->order + first;
        while (first < data->samples && data->labels[data->order[first]] == class_id)
            first++;
        class->samples = data->order + first - class->order;
        count_class(data, class);
        if (!(class->name = name_of(data, class, class_id)))
            return failed("%s: out of memory", data->run);
    }
    return EXIT_DONE;
}

/* run_record.c - see run_record.h. */
#include "run_record.h"

#include "json_text.h"
#include "message.h"
#include "outputs.h"
#include "weights_hash.h"

#include <jansson.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- Encoder and images ---- */

static json_t *hash_text(const dlc_safetensors *weights) {
    XXH128_canonical_t hash;
    if (!weights_hash(weights, &hash))
        return NULL;
    char text[2 * sizeof hash.digest + 1];
    for (size_t i = 0; i < sizeof hash.digest; i++)
        snprintf(text + 2 * i, 3, "%02x", hash.digest[i]);
    return json_sprintf("xxh3-128:%s", text);
}

static json_t *encoder_part(const run_record *record) {
    const dlc_encoder *encoder = record->encoder;
    return json_pack("{s:o, s:o, s:s, s:I, s:s}", "file", json_text(record->options->encoder), "weights",
                     hash_text(record->weights), "architecture", dlc_encoder_architecture(encoder), "dim",
                     (json_int_t)dlc_encoder_dim(encoder), "pool", pooling_words[record->options->pooling]);
}

static json_t *classes(const dlc_images *images) {
    json_t *list = json_array();
    for (int64_t class_id = 0, sample = 0; class_id < dlc_images_class_count(images); class_id++) {
        json_int_t count = 0;
        for (; dlc_images_label(images, sample) == class_id; sample++)
            count++;
        list = json_list_add(list, json_pack("{s:o, s:I}", "name", json_text(dlc_images_class_name(images, class_id)),
                                             "samples", count));
    }
    return list;
}

static json_t *skipped(const dlc_images *images) {
    json_t *list = json_array();
    for (int64_t i = 0; i < dlc_images_skipped_count(images); i++)
        list = json_list_add(list, json_pack("{s:o, s:o}", "path", json_text(dlc_images_skipped_path(images, i)),
                                             "reason", json_text(dlc_images_skipped_reason(images, i))));
    return list;
}

static json_t *images_part(const run_record *record) {
    const dlc_images *images = record->images;
    return json_pack("{s:o, s:b, s:I, s:i, s:I, s:I, s:o, s:o, s:o}", "folder", json_text(record->options->images),
                     "skip broken", record->options->skip_broken, "samples", (json_int_t)dlc_images_count(images),
                     "channels", (int)dlc_images_channels(images), "height", (json_int_t)dlc_images_height(images),
                     "width", (json_int_t)dlc_images_width(images), "transform",
                     transform_json(&record->options->transform, dlc_images_channels(images)), "classes",
                     classes(images), "skipped", skipped(images));
}

/* ---- Masks and levels ---- */

/* As a number where JSON's readers can take it as one, else as text. */
static json_t *seed(uint64_t value) {
    return value <= INT64_MAX ? json_integer((json_int_t)value) : json_sprintf("%llu", (unsigned long long)value);
}

static json_t *globs(const glob_list *list) {
    json_t *patterns = json_array();
    for (int i = 0; i < list->count; i++)
        patterns = json_list_add(patterns, json_text(list->patterns[i]));
    return patterns;
}

static json_t *masking_part(const run_record *record) {
    const masking_options *masking = &record->options->masking;
    return json_pack("{s:o, s:s, s:o, s:o, s:o, s:I, s:o, s:o}", "schedule",
                     json_text(masking->schedule ? masking->schedule : "geometric:0.02x50"), "criterion",
                     masking_criteria[masking->criterion], "seed", seed(masking->seed), "include",
                     globs(&masking->include), "exclude", globs(&masking->exclude), "weights",
                     (json_int_t)dlc_mask_weight_count(record->mask), "tensors",
                     masking_json_tensors(masking, record->weights), "levels", masking_json_levels(record->mask));
}

/* Indices into the schedule, ascending; curves.npy has a row for each. */
static json_t *levels_used(dlc_score *score) {
    const int64_t count = dlc_score_visited_count(score);
    int64_t *levels = malloc((size_t)count * sizeof *levels);
    json_t *list = levels && dlc_score_get_visited(score, levels) == DLC_OK ? json_array() : NULL;
    for (int64_t i = 0; list && i < count; i++)
        list = json_list_add(list, json_integer(levels[i]));
    free(levels);
    return list;
}

/* What the automatic levels saw, round by round; null where every level was asked for. */
static json_t *automatic_part(const run_record *record) {
    if (!record->options->automatic)
        return json_null();
    json_t *rounds = json_array();
    for (int64_t round = 0; round < dlc_run_round_count(record->run); round++) {
        int64_t visited = 0;
        double spearman = NAN;
        dlc_run_get_round(record->run, round, &visited, &spearman);
        rounds = json_list_add(rounds, json_pack("{s:I, s:o}", "levels", (json_int_t)visited, "spearman",
                                                 isnan(spearman) ? json_null() : json_real(spearman)));
    }
    return json_pack("{s:f, s:o}", "agreement", record->options->agreement, "rounds", rounds);
}

/* ---- What a reader should know ---- */

static json_t *warnings(const run_record *record) {
    json_t *list = json_array();
    const int64_t files = dlc_images_skipped_count(record->images);
    if (files > 0)
        list = json_list_add(list, json_sprintf("%lld files were skipped", (long long)files));
    for (int64_t class_id = 0, sample = 0; class_id < dlc_images_class_count(record->images); class_id++) {
        const int64_t first = sample;
        while (dlc_images_label(record->images, sample) == class_id)
            sample++;
        if (sample - first == 1) {
            json_t *name = json_text(dlc_images_class_name(record->images, class_id));
            list = json_list_add(list, json_sprintf("class %s has one sample", json_string_value(name)));
            json_decref(name);
        }
    }
    return list;
}

/* Where this process went on; the timings are its own. */
static json_t *resumed_part(const dlc_run *run) {
    if (dlc_run_resumed_pass(run) < 0)
        return json_null();
    return json_pack("{s:I, s:I}", "passes", (json_int_t)dlc_run_resumed_pass(run), "samples",
                     (json_int_t)dlc_run_resumed_samples(run));
}

static json_t *timings_part(const run_timings *timings) {
    return json_pack("{s:f, s:f, s:f, s:f, s:f, s:f}", "read weights", timings->read_weights, "plan masks",
                     timings->plan_masks, "list images", timings->list_images, "decode images", timings->decode_images,
                     "forward passes", timings->forward_passes, "mask and score", timings->mask_and_score);
}

static int write_text(const char *path, const char *text) {
    FILE *file = output_open(path);
    if (!file)
        return EXIT_FAILED;
    fprintf(file, "%s\n", text);
    return output_close(file, path);
}

int run_record_write(const run_record *record, const char *path) {
    json_t *root =
        json_pack("{s:s, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o}", "libdlc", dlc_version_string(), "encoder",
                  encoder_part(record), "images", images_part(record), "masking", masking_part(record), "observe",
                  observation_words[record->options->observation], "levels used", levels_used(record->score),
                  "automatic", automatic_part(record), "warnings", warnings(record), "resumed after",
                  resumed_part(record->run), "timings", timings_part(&record->timings));
    char *text = json_whole_text(root, 9);
    json_decref(root);
    if (!text)
        return failed("out of memory for %s", path);
    const int status = write_text(path, text);
    free(text);
    return status;
}

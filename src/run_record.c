/* run_record.c - see run_record.h. */
#include "run_record.h"

#include "masking.h"
#include "message.h"

#include <jansson.h>

static json_t *classes(const dlc_images *images) {
    json_t *list = json_array();
    for (int64_t class_id = 0, sample = 0; class_id < dlc_images_class_count(images); class_id++) {
        json_int_t count = 0;
        for (; dlc_images_label(images, sample) == class_id; sample++)
            count++;
        json_array_append_new(
            list, json_pack("{s:s, s:I}", "name", dlc_images_class_name(images, class_id), "samples", count));
    }
    return list;
}

static json_t *images_part(const run_record *record) {
    const dlc_images *images = record->images;
    return json_pack("{s:s, s:I, s:i, s:I, s:I, s:o}", "folder", record->options->images, "samples",
                     (json_int_t)dlc_images_count(images), "channels", (int)dlc_images_channels(images), "height",
                     (json_int_t)dlc_images_height(images), "width", (json_int_t)dlc_images_width(images), "classes",
                     classes(images));
}

/* As a number where JSON's readers can take it as one, else as text. */
static json_t *seed(uint64_t value) {
    return value <= INT64_MAX ? json_integer((json_int_t)value) : json_sprintf("%llu", (unsigned long long)value);
}

static json_t *masking_part(const run_record *record) {
    const masking_options *masking = &record->options->masking;
    return json_pack("{s:s, s:s, s:o, s:I, s:o, s:o}", "schedule",
                     masking->schedule ? masking->schedule : "geometric:0.02x50", "criterion",
                     masking_criteria[masking->criterion], "seed", seed(masking->seed), "weights",
                     (json_int_t)dlc_mask_weight_count(record->mask), "tensors",
                     masking_json_tensors(masking, record->weights), "levels", masking_json_levels(record->mask));
}

static json_t *timings_part(const run_timings *timings) {
    return json_pack("{s:f, s:f, s:f, s:f, s:f, s:f}", "read weights", timings->read_weights, "plan masks",
                     timings->plan_masks, "list images", timings->list_images, "decode images", timings->decode_images,
                     "forward passes", timings->forward_passes, "mask and score", timings->mask_and_score);
}

int run_record_write(const run_record *record, const char *path) {
    json_t *root = json_pack(
        "{s:s, s:o, s:o, s:o, s:s, s:o}", "libdlc", dlc_version_string(), "encoder",
        json_pack("{s:s, s:s, s:I}", "file", record->options->encoder, "architecture",
                  dlc_encoder_architecture(record->encoder), "dim", (json_int_t)dlc_encoder_dim(record->encoder)),
        "images", images_part(record), "masking", masking_part(record), "observe",
        observation_words[record->options->observation], "timings", timings_part(&record->timings));
    const int broken = !root || json_dump_file(root, path, JSON_INDENT(2)) != 0;
    json_decref(root);
    return broken ? failed("%s: the record of the run cannot be written", path) : EXIT_DONE;
}

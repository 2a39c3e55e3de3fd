/*
 * identity.c - see identity.h. In the stream the list is the number of its items, then of each owner, kind, length and
 * bytes of the name, and the value: int64, double, length and bytes of the text, or 16 bytes of digest.
 */
#include "identity.h"

#include "fingerprint.h"
#include "mask/access.h"
#include "score/access.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Settings are fewer than this. */
#define SETTINGS_MAX 24

/* ---- The list ---- */

static dlc_identity_item *add(dlc_identity *identity, int64_t kind, const char *name) {
    dlc_identity_item *item = &identity->items[identity->count++];
    *item = (dlc_identity_item){.owner = DLC_IDENTITY_SETTING, .kind = kind, .name = name};
    return item;
}

static void add_number(dlc_identity *identity, const char *name, int64_t number) {
    add(identity, DLC_IDENTITY_NUMBER, name)->number = number;
}

static void add_text(dlc_identity *identity, const char *name, const char *text) {
    dlc_identity_item *item = add(identity, DLC_IDENTITY_TEXT, name);
    item->size = (int64_t)strlen(text);
    memcpy(item->text, text, (size_t)item->size);
}

static void add_digest(dlc_identity *identity, const char *name, const dlc_hash *hash) {
    add(identity, DLC_IDENTITY_DIGEST, name)->digest = dlc_hash_digest(hash);
}

static void add_score(dlc_identity *identity, const dlc_score *score) {
    static const char *const heads[] = {"centroid", "logits", "loss"};
    static const char *const observations[] = {"loss", "correct", "confidence", "margin"};
    const int64_t samples = dlc_score_sample_count(score), classes = dlc_score_class_count(score);
    dlc_hash hash;
    add_number(identity, "number of samples", samples);
    add_number(identity, "first sample", dlc_score_first_sample(score));
    add_number(identity, "number of classes", classes);
    if (dlc_score_labels(score)) {
        dlc_hash_begin(&hash);
        dlc_hash_add(&hash, dlc_score_labels(score), samples * (int64_t)sizeof(int32_t));
        add_digest(identity, "labels", &hash);
    }
    add_text(identity, "head", heads[dlc_score_head(score)]);
    add_number(identity, "width of the head", dlc_score_width(score));
    if (dlc_score_given_centroid(score, 0)) {
        dlc_hash_begin(&hash);
        for (int64_t c = 0; c < classes; c++)
            dlc_hash_add(&hash, dlc_score_given_centroid(score, c), dlc_score_width(score) * (int64_t)sizeof(double));
        add_digest(identity, "given centroids", &hash);
    } else {
        add_text(identity, "given centroids", "none");
    }
    add_text(identity, "observation", observations[dlc_score_observation(score)]);
    add_text(identity, "curves", dlc_score_keeps_curves(score) ? "kept" : "summed");
}

static void add_mask(dlc_identity *identity, dlc_mask *mask, double auto_spearman) {
    const int is_random = dlc_mask_criterion(mask) == DLC_CRITERION_RANDOM;
    const int64_t levels = dlc_mask_level_count(mask);
    add_text(identity, "criterion", is_random ? "random" : "l1");
    if (is_random) {
        char seed[DLC_IDENTITY_VALUE_MAX];
        snprintf(seed, sizeof seed, "%" PRIu64, dlc_mask_seed(mask));
        add_text(identity, "seed", seed);
    }
    add_number(identity, "number of levels", levels);
    dlc_hash hash;
    dlc_hash_begin(&hash);
    for (int64_t level = 0; level < levels; level++) {
        int64_t kept = 0;
        dlc_mask_get_level(mask, level, &kept, NULL, NULL);
        dlc_hash_add_int64(&hash, kept);
    }
    add_digest(identity, "schedule", &hash);
    if (auto_spearman > 0)
        add(identity, DLC_IDENTITY_REAL, "threshold of automatic levels")->real = auto_spearman;
    else
        add_text(identity, "threshold of automatic levels", "none");
}

static dlc_status add_tensors(dlc_identity *identity, dlc_mask *mask, const dlc_allocator *allocator,
                              dlc_error *error) {
    const int64_t count = dlc_mask_tensor_count(mask);
    add_number(identity, "number of tensors", count);
    dlc_digest *digests = dlc_allocate(allocator, count, sizeof *digests);
    if (!digests)
        return dlc_fail_memory(error, "the fingerprint of the weights");
    const dlc_status status = dlc_fingerprint_weights(mask, allocator, error, digests);
    for (int64_t i = 0; i < count && status == DLC_OK; i++) {
        dlc_identity_item *item = add(identity, DLC_IDENTITY_DIGEST, dlc_mask_look_at(mask, i).name);
        item->owner = DLC_IDENTITY_TENSOR;
        item->digest = digests[i];
    }
    dlc_release(allocator, digests);
    return status;
}

static int64_t items_of(const dlc_identity_source *source) {
    return SETTINGS_MAX + dlc_mask_tensor_count(source->mask) + source->fingerprint_count;
}

dlc_status dlc_identity_make(const dlc_identity_source *source, const dlc_allocator *allocator, dlc_error *error,
                             dlc_identity *identity) {
    *identity = (dlc_identity){.items = dlc_allocate(allocator, items_of(source), sizeof *identity->items)};
    if (!identity->items)
        return dlc_fail_memory(error, "what a checkpoint is compared with");
    add_score(identity, source->score);
    const dlc_status status = add_tensors(identity, source->mask, allocator, error);
    if (status != DLC_OK) {
        dlc_identity_free(identity, allocator);
        return status;
    }
    add_mask(identity, source->mask, source->auto_spearman);
    add_text(identity, "exchange of class sums", source->has_exchange ? "one" : "none");
    for (int64_t i = 0; i < source->fingerprint_count; i++)
        identity->items[identity->count++] = source->fingerprints[i].item;
    return DLC_OK;
}

void dlc_identity_free(dlc_identity *identity, const dlc_allocator *allocator) {
    dlc_release(allocator, identity->items);
    *identity = (dlc_identity){0};
}

int64_t dlc_identity_bytes(const dlc_identity_source *source) {
    return items_of(source) * (int64_t)sizeof(dlc_identity_item) +
           dlc_mask_tensor_count(source->mask) * (int64_t)sizeof(dlc_digest) + dlc_fingerprint_bytes(source->mask);
}

static int is_short_text(const unsigned char *bytes, int64_t size) {
    int64_t i = 0;
    while (i < size && size <= DLC_IDENTITY_VALUE_MAX && bytes[i] >= 0x20 && bytes[i] < 0x7F)
        i++;
    return size > 0 && i == size;
}

dlc_identity_item dlc_identity_fingerprint(const char *name, const void *data, int64_t size) {
    dlc_identity_item item = {.owner = DLC_IDENTITY_FINGERPRINT, .kind = DLC_IDENTITY_DIGEST, .name = name};
    if (is_short_text(data, size)) {
        item.kind = DLC_IDENTITY_TEXT;
        item.size = size;
        memcpy(item.text, data, (size_t)size);
    } else {
        item.digest = dlc_hash_of(data, size);
    }
    return item;
}

/* ---- To a stream and back ---- */

/* A name as the stream has it: a longer one is cut (a tensor's digest has the whole of it). */
typedef struct stored_name {
    char text[DLC_IDENTITY_NAME_MAX + 1];
} stored_name;

static stored_name cut_name(const char *name) {
    stored_name cut;
    snprintf(cut.text, sizeof cut.text, "%s", name);
    return cut;
}

/* All of an item but the name goes to the item itself. */
static void move_item(dlc_stream *stream, dlc_identity_item *item, stored_name *name) {
    int64_t length = (int64_t)strlen(name->text);
    dlc_stream_int64(stream, &item->owner);
    dlc_stream_int64(stream, &item->kind);
    dlc_stream_int64(stream, &length);
    dlc_stream_expect(stream, length >= 0 && length <= DLC_IDENTITY_NAME_MAX);
    if (stream->fault != DLC_STREAM_GOOD)
        return;
    dlc_stream_bytes(stream, name->text, length);
    name->text[length] = '\0';
    if (item->kind == DLC_IDENTITY_NUMBER)
        dlc_stream_int64(stream, &item->number);
    else if (item->kind == DLC_IDENTITY_REAL)
        dlc_stream_double(stream, &item->real);
    else if (item->kind == DLC_IDENTITY_TEXT) {
        dlc_stream_int64(stream, &item->size);
        dlc_stream_expect(stream, item->size >= 0 && item->size <= DLC_IDENTITY_VALUE_MAX);
        dlc_stream_bytes(stream, item->text, stream->fault == DLC_STREAM_GOOD ? item->size : 0);
    } else {
        dlc_stream_expect(stream, item->kind == DLC_IDENTITY_DIGEST);
        dlc_stream_bytes(stream, item->digest.bytes, sizeof item->digest.bytes);
    }
}

void dlc_identity_write(const dlc_identity *identity, dlc_stream *stream) {
    int64_t count = identity->count;
    dlc_stream_int64(stream, &count);
    for (int64_t i = 0; i < count; i++) {
        dlc_identity_item item = identity->items[i];
        stored_name name = cut_name(item.name);
        move_item(stream, &item, &name);
    }
}

/* ---- Differences ---- */

static int same_value(const dlc_identity_item *a, const dlc_identity_item *b) {
    if (a->kind != b->kind)
        return 0;
    switch (a->kind) {
    case DLC_IDENTITY_NUMBER:
        return a->number == b->number;
    case DLC_IDENTITY_REAL:
        return memcmp(&a->real, &b->real, sizeof a->real) == 0;
    case DLC_IDENTITY_TEXT:
        return a->size == b->size && memcmp(a->text, b->text, (size_t)a->size) == 0;
    default:
        return memcmp(&a->digest, &b->digest, sizeof a->digest) == 0;
    }
}

/* The value in words; a digest has none. */
static void print_value(const dlc_identity_item *item, char *out, int64_t size) {
    if (item->kind == DLC_IDENTITY_NUMBER)
        snprintf(out, (size_t)size, "%" PRId64, item->number);
    else if (item->kind == DLC_IDENTITY_REAL)
        snprintf(out, (size_t)size, "%.15g", item->real);
    else
        snprintf(out, (size_t)size, "%.*s", (int)item->size, item->text);
}

static void print_name(int64_t owner, const char *name, char *out, int64_t size) {
    if (owner == DLC_IDENTITY_SETTING)
        snprintf(out, (size_t)size, "the %s", name);
    else
        snprintf(out, (size_t)size, owner == DLC_IDENTITY_TENSOR ? "tensor '%s'" : "'%s'", name);
}

/* Of two items in the same place of their lists: what differs, if anything does. */
static void print_difference(const dlc_identity_item *own, const dlc_identity_item *read, const char *read_name,
                             char *out, int64_t size) {
    char name[DLC_IDENTITY_NAME_MAX + 16], was[DLC_IDENTITY_NAME_MAX + 16], is[DLC_IDENTITY_VALUE_MAX + 1];
    const stored_name own_name = cut_name(own->name);
    print_name(read->owner, read_name, was, sizeof was);
    print_name(own->owner, own_name.text, name, sizeof name);
    if (strcmp(was, name) != 0) {
        snprintf(out, (size_t)size, "%s, in the place of %s", was, name);
    } else if (!same_value(own, read)) {
        if (own->kind == DLC_IDENTITY_DIGEST || read->kind == DLC_IDENTITY_DIGEST) {
            snprintf(out, (size_t)size, "%s", name);
        } else {
            print_value(read, was, sizeof was);
            print_value(own, is, sizeof is);
            snprintf(out, (size_t)size, "%s: %s, not %s", name, was, is);
        }
    }
}

/* An item that one list has, and the other ended before. */
static void print_missing(const dlc_identity_item *item, const char *item_name, int is_read, char *out, int64_t size) {
    char name[DLC_IDENTITY_NAME_MAX + 16];
    print_name(item->owner, item_name, name, sizeof name);
    snprintf(out, (size_t)size, is_read ? "%s, which this one has not" : "%s, which it has not", name);
}

void dlc_identity_compare(const dlc_identity *identity, dlc_stream *stream, char *difference, int64_t size) {
    int64_t count = 0;
    difference[0] = '\0';
    dlc_stream_int64(stream, &count);
    dlc_stream_expect(stream, count >= 0);
    for (int64_t i = 0; i < count && stream->fault == DLC_STREAM_GOOD; i++) {
        dlc_identity_item read = {0};
        stored_name name = {""};
        move_item(stream, &read, &name);
        if (difference[0] || stream->fault != DLC_STREAM_GOOD)
            continue;
        if (i < identity->count)
            print_difference(&identity->items[i], &read, name.text, difference, size);
        else
            print_missing(&read, name.text, 1, difference, size);
    }
    if (stream->fault == DLC_STREAM_GOOD && !difference[0] && count < identity->count)
        print_missing(&identity->items[count], identity->items[count].name, 0, difference, size);
}

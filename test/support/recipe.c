/* recipe.c - see recipe.h. */
#include "recipe.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void recipe_add(recipe *file, const char *prefix, const char *name, int64_t rank, const int64_t *dims) {
    ck_assert_int_lt(file->count, RECIPE_TENSORS_MAX);
    recipe_tensor *added = &file->tensors[file->count++];
    *added = (recipe_tensor){.dtype = "F32", .rank = rank, .bad_index = -1};
    for (int64_t i = 0; i < rank; i++)
        added->dims[i] = dims[i];
    const int length = snprintf(added->name, sizeof added->name, "%s%s", prefix, name);
    ck_assert_int_lt(length, (int)sizeof added->name);
}

static recipe_tensor *named(recipe *file, const char *name) {
    for (int i = 0; i < file->count; i++)
        if (strcmp(file->tensors[i].name, name) == 0)
            return &file->tensors[i];
    ck_abort_msg("the recipe has no tensor %s", name);
    return NULL;
}

void recipe_apply(recipe *file, const recipe_change *change) {
    if (change->kind == RECIPE_ADD) {
        recipe_add(file, "", change->name, change->rank, change->dims);
        return;
    }
    if (change->kind == RECIPE_METADATA) {
        file->key = change->name;
        file->value = change->text;
        return;
    }
    recipe_tensor *changed = named(file, change->name);
    if (change->kind == RECIPE_DROP) {
        memmove(changed, changed + 1, (size_t)(file->tensors + file->count - changed - 1) * sizeof *changed);
        file->count--;
    } else if (change->kind == RECIPE_RENAME) {
        snprintf(changed->name, sizeof changed->name, "%s", change->text);
    } else if (change->kind == RECIPE_RESHAPE) {
        changed->rank = change->rank;
        memcpy(changed->dims, change->dims, sizeof changed->dims);
    } else if (change->kind == RECIPE_RETYPE) {
        changed->dtype = change->text;
    } else {
        changed->bad_index = change->index;
        changed->bad_value = change->value;
    }
}

static int64_t elements(const recipe_tensor *of) {
    int64_t count = 1;
    for (int64_t i = 0; i < of->rank; i++)
        count *= of->dims[i];
    return count;
}

/* The header, and its length. */
static size_t write_header(const recipe *file, char *text, size_t size) {
    size_t used = (size_t)snprintf(text, size, "{\"__metadata__\":{");
    if (file->value)
        used += (size_t)snprintf(text + used, size - used, "\"%s\":\"%s\"", file->key, file->value);
    used += (size_t)snprintf(text + used, size - used, "}");
    int64_t offset = 0;
    for (int i = 0; i < file->count; i++) {
        const recipe_tensor *t = &file->tensors[i];
        used += (size_t)snprintf(text + used, size - used, ",\"%s\":{\"dtype\":\"%s\",\"shape\":[", t->name, t->dtype);
        for (int64_t d = 0; d < t->rank; d++)
            used += (size_t)snprintf(text + used, size - used, "%s%d", d > 0 ? "," : "", (int)t->dims[d]);
        used += (size_t)snprintf(text + used, size - used, "],\"data_offsets\":[%lld,%lld]}", (long long)offset,
                                 (long long)(offset + 4 * elements(t)));
        offset += 4 * elements(t);
        ck_assert_uint_lt(used, size);
    }
    used += (size_t)snprintf(text + used, size - used, "}%*s", file->padding, "");
    ck_assert_uint_lt(used, size);
    return used;
}

dlc_safetensors *recipe_cook(const recipe *file) {
    char header[32768], path[] = "/tmp/dlc_recipe_XXXXXX";
    const size_t length = write_header(file, header, sizeof header);
    const int descriptor = mkstemp(path);
    FILE *out = descriptor < 0 ? NULL : fdopen(descriptor, "wb");
    ck_assert_ptr_nonnull(out);
    for (int i = 0; i < 8; i++)
        fputc((int)(length >> (8 * i) & 255U), out);
    fwrite(header, 1, length, out);
    uint64_t state = 3;
    for (int i = 0; i < file->count; i++) {
        const recipe_tensor *t = &file->tensors[i];
        for (int64_t e = 0; e < elements(t); e++) {
            float value = (float)test_uniform(&state) - (t->rank > 1 ? 0.5F : 0.0F);
            if (e == t->bad_index)
                value = t->bad_value;
            fwrite(&value, sizeof value, 1, out);
        }
    }
    ck_assert_int_eq(fclose(out), 0);
    dlc_safetensors *weights = NULL;
    ck_ok(dlc_safetensors_create(NULL, &weights), "create");
    ck_ok(dlc_safetensors_open(weights, path), dlc_safetensors_message(weights));
    unlink(path);
    return weights;
}

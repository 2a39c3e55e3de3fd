/*
 * vit_load.c - recognises a vision transformer under timm's or torchvision's names from the names and shapes of a
 * file's tensors (vit.h). Reads no weights but to see that they are finite.
 */
#include "vit.h"

#include <stdio.h>
#include <string.h>

/* So that every size handed to BLAS fits its 32 bits. */
#define LARGEST 1048576

/* Images whose tokens go through a layer together: enough rows for sgemm, and few enough that a thread's tokens of a
 * ViT-B/16 at 224x224 take some 15 MB. */
#define BLOCK_IMAGES 4

/* Channels of a head of attention where the file does not say. */
#define HEAD_CHANNELS 64

/* ---- Names ---- */

enum { TIMM, TORCHVISION, NAMINGS };

/* shape: a letter for each dimension: 1, C image channels, P patch side, T tokens, D channels of a token, Q queries,
 * keys and values (3 D), H hidden channels of an MLP. old: as torchvision before 0.12 wrote it. NULL: no such tensor.
 */
typedef struct dlc_vit_name {
    const char *shape;
    const char *names[NAMINGS];
    const char *old;
} dlc_vit_name;

static const dlc_vit_name model_names[DLC_VIT_MODEL_PARTS] = {
    [DLC_VIT_CLASS_TOKEN] = {"11D", {"cls_token", "class_token"}, NULL},
    [DLC_VIT_POSITIONS] = {"1TD", {"pos_embed", "encoder.pos_embedding"}, NULL},
    [DLC_VIT_PATCH_WEIGHT] = {"DCPP", {"patch_embed.proj.weight", "conv_proj.weight"}, NULL},
    [DLC_VIT_PATCH_BIAS] = {"D", {"patch_embed.proj.bias", "conv_proj.bias"}, NULL},
    [DLC_VIT_NORM_WEIGHT] = {"D", {"norm.weight", "encoder.ln.weight"}, NULL},
    [DLC_VIT_NORM_BIAS] = {"D", {"norm.bias", "encoder.ln.bias"}, NULL},
    [DLC_VIT_POOLED_NORM_WEIGHT] = {"D", {"fc_norm.weight", NULL}, NULL},
    [DLC_VIT_POOLED_NORM_BIAS] = {"D", {"fc_norm.bias", NULL}, NULL},
};

static const dlc_vit_name block_names[DLC_VIT_BLOCK_PARTS] = {
    [DLC_VIT_NORM1_WEIGHT] = {"D", {"norm1.weight", "ln_1.weight"}, NULL},
    [DLC_VIT_NORM1_BIAS] = {"D", {"norm1.bias", "ln_1.bias"}, NULL},
    [DLC_VIT_QKV_WEIGHT] = {"QD", {"attn.qkv.weight", "self_attention.in_proj_weight"}, NULL},
    [DLC_VIT_QKV_BIAS] = {"Q", {"attn.qkv.bias", "self_attention.in_proj_bias"}, NULL},
    [DLC_VIT_OUT_WEIGHT] = {"DD", {"attn.proj.weight", "self_attention.out_proj.weight"}, NULL},
    [DLC_VIT_OUT_BIAS] = {"D", {"attn.proj.bias", "self_attention.out_proj.bias"}, NULL},
    [DLC_VIT_NORM2_WEIGHT] = {"D", {"norm2.weight", "ln_2.weight"}, NULL},
    [DLC_VIT_NORM2_BIAS] = {"D", {"norm2.bias", "ln_2.bias"}, NULL},
    [DLC_VIT_FC1_WEIGHT] = {"HD", {"mlp.fc1.weight", "mlp.0.weight"}, "mlp.linear_1.weight"},
    [DLC_VIT_FC1_BIAS] = {"H", {"mlp.fc1.bias", "mlp.0.bias"}, "mlp.linear_1.bias"},
    [DLC_VIT_FC2_WEIGHT] = {"DH", {"mlp.fc2.weight", "mlp.3.weight"}, "mlp.linear_2.weight"},
    [DLC_VIT_FC2_BIAS] = {"D", {"mlp.fc2.bias", "mlp.3.bias"}, "mlp.linear_2.bias"},
};

static const char *const block_prefixes[NAMINGS] = {"blocks.", "encoder.layers.encoder_layer_"};
static const char *const heads[NAMINGS] = {"head.", "heads."};

/* A file while it is gone through. */
typedef struct dlc_vit_reader {
    dlc_tensors tensors;
    dlc_error *error;
    dlc_vit *vit;
    int naming;
} dlc_vit_reader;

#define NAME_SIZE 128

static void block_prefix(int naming, int64_t block, char prefix[NAME_SIZE]) {
    snprintf(prefix, NAME_SIZE, "%s%lld.", block_prefixes[naming], (long long)block);
}

/* The names of the file; NAMINGS: none that is known. */
static int naming_of(const dlc_safetensors *file) {
    char prefix[NAME_SIZE];
    int naming = 0;
    for (; naming < NAMINGS; naming++) {
        block_prefix(naming, 0, prefix);
        if (dlc_safetensors_find(file, model_names[DLC_VIT_PATCH_WEIGHT].names[naming]) >= 0 &&
            dlc_tensors_have_prefix(file, prefix))
            break;
    }
    return naming;
}

int dlc_vit_recognises(const dlc_safetensors *file) {
    return naming_of(file) != NAMINGS;
}

/* The tensor's number, or -1, and its whole name. */
static int64_t find(const dlc_vit_reader *reader, const char *prefix, const dlc_vit_name *name, char full[NAME_SIZE]) {
    if (!name->names[reader->naming])
        return -1;
    if (reader->naming == TORCHVISION && name->old) {
        snprintf(full, NAME_SIZE, "%s%s", prefix, name->old);
        const int64_t old = dlc_safetensors_find(reader->tensors.file, full);
        if (old >= 0)
            return old;
    }
    snprintf(full, NAME_SIZE, "%s%s", prefix, name->names[reader->naming]);
    return dlc_safetensors_find(reader->tensors.file, full);
}

/* ---- Shapes ---- */

/* The size along one axis of a tensor, from which others follow. */
static dlc_status read_size(const dlc_vit_reader *reader, const char *prefix, const dlc_vit_name *name, int64_t axis,
                            int64_t *size) {
    const dlc_safetensors *file = reader->tensors.file;
    char full[NAME_SIZE];
    const int64_t tensor = find(reader, prefix, name, full), rank = (int64_t)strlen(name->shape);
    if (tensor < 0)
        return dlc_fail(reader->error, DLC_ERROR_FORMAT, "tensor '%s' is missing", full);
    if (dlc_safetensors_rank(file, tensor) != rank)
        return dlc_fail(reader->error, DLC_ERROR_FORMAT, "tensor '%s' has %lld dimensions, expected %lld", full,
                        (long long)dlc_safetensors_rank(file, tensor), (long long)rank);
    *size = dlc_safetensors_dim(file, tensor, axis);
    if (*size < 1 || *size > LARGEST)
        return dlc_fail(reader->error, DLC_ERROR_FORMAT, "tensor '%s' has size %lld along axis %lld, expected 1 to %d",
                        full, (long long)*size, (long long)axis, LARGEST);
    return DLC_OK;
}

static dlc_status read_heads(dlc_vit_reader *reader) {
    dlc_vit *vit = reader->vit;
    const int64_t dim = vit->model.dim;
    const char *text = dlc_safetensors_metadata(reader->tensors.file, "num_heads");
    if (!text) {
        if (dim % HEAD_CHANNELS != 0)
            return dlc_fail(reader->error, DLC_ERROR_UNSUPPORTED,
                            "a vision transformer of %lld channels, no multiple of %d, without 'num_heads' in the "
                            "file's metadata",
                            (long long)dim, HEAD_CHANNELS);
        vit->heads = dim / HEAD_CHANNELS;
        return DLC_OK;
    }
    int64_t heads_found = 0;
    const char *digit = text;
    for (; *digit >= '0' && *digit <= '9' && heads_found <= dim; digit++)
        heads_found = 10 * heads_found + (*digit - '0');
    if (*digit || heads_found < 1 || dim % heads_found != 0)
        return dlc_fail(reader->error, DLC_ERROR_FORMAT,
                        "the metadata's 'num_heads' is \"%s\", expected a number that divides %lld channels", text,
                        (long long)dim);
    vit->heads = heads_found;
    return DLC_OK;
}

static dlc_status read_sizes(dlc_vit_reader *reader) {
    dlc_vit *vit = reader->vit;
    const dlc_vit_name *patch = &model_names[DLC_VIT_PATCH_WEIGHT];
    int64_t channels, side = 0;
    DLC_TRY(read_size(reader, "", patch, 0, &vit->model.dim));
    DLC_TRY(read_size(reader, "", patch, 1, &channels));
    DLC_TRY(read_size(reader, "", patch, 2, &vit->patch));
    if (vit->patch > LARGEST / vit->patch / channels)
        return dlc_fail(reader->error, DLC_ERROR_UNSUPPORTED, "a vision transformer with patches of %lldx%lld pixels",
                        (long long)vit->patch, (long long)vit->patch);
    vit->model.channels = (int32_t)channels;

    DLC_TRY(read_size(reader, "", &model_names[DLC_VIT_POSITIONS], 1, &vit->tokens));
    while (side * side + 1 < vit->tokens)
        side++;
    if (vit->tokens < 2 || side * side + 1 != vit->tokens)
        return dlc_fail(reader->error, DLC_ERROR_UNSUPPORTED,
                        "a vision transformer with positions for %lld tokens ('%s'), known are a class token and a "
                        "square of patches",
                        (long long)vit->tokens, model_names[DLC_VIT_POSITIONS].names[reader->naming]);
    vit->model.image_size = side * vit->patch;
    vit->model.published_size = vit->model.image_size;

    char prefix[NAME_SIZE];
    block_prefix(reader->naming, 0, prefix);
    DLC_TRY(read_size(reader, prefix, &block_names[DLC_VIT_FC1_WEIGHT], 0, &vit->hidden));
    do
        block_prefix(reader->naming, ++vit->depth, prefix);
    while (dlc_tensors_have_prefix(reader->tensors.file, prefix));
    return read_heads(reader);
}

static int64_t size_of(const dlc_vit *vit, char letter) {
    switch (letter) {
    case 'C':
        return vit->model.channels;
    case 'P':
        return vit->patch;
    case 'T':
        return vit->tokens;
    case 'D':
        return vit->model.dim;
    case 'Q':
        return 3 * vit->model.dim;
    case 'H':
        return vit->hidden;
    default:
        return 1;
    }
}

/* ---- Tensors ---- */

static dlc_status take_part(dlc_vit_reader *reader, const char *prefix, const dlc_vit_name *name, int optional,
                            dlc_vit_part *part) {
    char full[NAME_SIZE];
    if (find(reader, prefix, name, full) < 0 && optional)
        return DLC_OK;
    int64_t dims[4], rank = 0;
    part->count = 1;
    for (; name->shape[rank]; rank++) {
        dims[rank] = size_of(reader->vit, name->shape[rank]);
        part->count *= dims[rank];
    }
    DLC_TRY(dlc_tensors_take(&reader->tensors, full, rank, dims, &part->tensor));
    part->values = (const float *)(const void *)part->tensor.data;
    return DLC_OK;
}

static int is_in_file(const dlc_vit_reader *reader, const char *prefix, const dlc_vit_name *name) {
    char full[NAME_SIZE];
    return find(reader, prefix, name, full) >= 0;
}

/* Half a norm is a norm with a tensor missing. The norm before the pooling may only be missing where there is one after
 * it. Queries, keys and values have a bias in all blocks or in none. */
static dlc_status take_parts(dlc_vit_reader *reader) {
    dlc_vit *vit = reader->vit;
    const int has_pooled = is_in_file(reader, "", &model_names[DLC_VIT_POOLED_NORM_WEIGHT]) ||
                           is_in_file(reader, "", &model_names[DLC_VIT_POOLED_NORM_BIAS]);
    const int has_norm = is_in_file(reader, "", &model_names[DLC_VIT_NORM_WEIGHT]) ||
                         is_in_file(reader, "", &model_names[DLC_VIT_NORM_BIAS]) || !has_pooled;
    dlc_vit_part *part = vit->parts;
    for (int i = 0; i < DLC_VIT_MODEL_PARTS; i++, part++) {
        const int is_norm = i == DLC_VIT_NORM_WEIGHT || i == DLC_VIT_NORM_BIAS;
        const int is_pooled = i == DLC_VIT_POOLED_NORM_WEIGHT || i == DLC_VIT_POOLED_NORM_BIAS;
        DLC_TRY(take_part(reader, "", &model_names[i], (is_norm && !has_norm) || (is_pooled && !has_pooled), part));
    }
    char prefix[NAME_SIZE];
    int has_bias = 0;
    for (int64_t block = 0; block < vit->depth; block++) {
        block_prefix(reader->naming, block, prefix);
        has_bias |= is_in_file(reader, prefix, &block_names[DLC_VIT_QKV_BIAS]);
    }
    for (int64_t block = 0; block < vit->depth; block++) {
        block_prefix(reader->naming, block, prefix);
        for (int i = 0; i < DLC_VIT_BLOCK_PARTS; i++, part++)
            DLC_TRY(take_part(reader, prefix, &block_names[i], i == DLC_VIT_QKV_BIAS && !has_bias, part));
    }
    return dlc_tensors_check_rest(&reader->tensors, heads[reader->naming]);
}

static int64_t part_count(const dlc_vit *vit) {
    return DLC_VIT_MODEL_PARTS + vit->depth * DLC_VIT_BLOCK_PARTS;
}

/* Whether forward() can read the tensor where it is. */
static int is_ready(const dlc_vit_part *part) {
    return !part->values || (part->tensor.dtype == DLC_DTYPE_F32 && (uintptr_t)part->values % sizeof(float) == 0);
}

static dlc_status allocate_copies(dlc_vit *vit, dlc_error *error) {
    int64_t floats = 0;
    for (int64_t i = 0; i < part_count(vit); i++)
        floats += is_ready(&vit->parts[i]) ? 0 : vit->parts[i].count;
    vit->copies = dlc_allocate(&vit->model.allocator, floats, sizeof *vit->copies);
    if (!vit->copies)
        return dlc_fail_memory(error, "the prepared weights");
    float *next = vit->copies;
    for (int64_t i = 0; i < part_count(vit); i++) {
        dlc_vit_part *part = &vit->parts[i];
        if (is_ready(part))
            continue;
        part->copy = next;
        part->values = next;
        next += part->count;
    }
    return DLC_OK;
}

/* ---- The whole ---- */

static dlc_status take_all(dlc_vit_reader *reader) {
    dlc_vit *vit = reader->vit;
    DLC_TRY(read_sizes(reader));
    vit->parts = dlc_allocate_zeroed(&vit->model.allocator, part_count(vit), sizeof *vit->parts);
    if (!vit->parts)
        return dlc_fail_memory(reader->error, "the list of layers");
    DLC_TRY(take_parts(reader));
    return allocate_copies(vit, reader->error);
}

dlc_status dlc_vit_load(const dlc_allocator *allocator, const dlc_safetensors *file, dlc_error *error,
                        dlc_model **out) {
    dlc_vit *vit = dlc_allocate_zeroed(allocator, 1, sizeof *vit);
    if (!vit)
        return dlc_fail_memory(error, "the model");
    vit->model.architecture = &dlc_vit_architecture;
    vit->model.allocator = *allocator;
    dlc_vit_reader reader = {.error = error, .vit = vit, .naming = naming_of(file)};
    dlc_status status = dlc_tensors_start(&reader.tensors, allocator, file, error);
    if (status == DLC_OK)
        status = take_all(&reader);
    dlc_tensors_end(&reader.tensors);
    if (status != DLC_OK) {
        dlc_vit_unload(&vit->model);
        return status;
    }
    vit->model.block = BLOCK_IMAGES;
    vit->model.tasks = part_count(vit);
    snprintf(vit->model.description, sizeof vit->model.description,
             "vit of %lld blocks, %lld channels, %lld heads, %lldx%lld patches of %lldx%lld pixels",
             (long long)vit->depth, (long long)vit->model.dim, (long long)vit->heads, (long long)vit->patch,
             (long long)vit->patch, (long long)vit->model.image_size, (long long)vit->model.image_size);
    *out = &vit->model;
    return DLC_OK;
}

/* The model is the first member of its dlc_vit. */
void dlc_vit_unload(dlc_model *model) {
    dlc_vit *vit = (dlc_vit *)model;
    const dlc_allocator allocator = model->allocator;
    dlc_release(&allocator, vit->copies);
    dlc_release(&allocator, vit->parts);
    dlc_release(&allocator, vit);
}

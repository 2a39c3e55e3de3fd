/*
 * default_mask.c - the rule of what is masked by default (default_mask.h), from names, ranks and dtypes alone; never
 * looks at the elements.
 *
 * A name is taken apart at its dots: "layer1.0.conv1.weight" has the components layer1, 0, conv1, weight.
 */
#include "default_mask.h"

#include <string.h>

/* ---- Architectures ---- */

/* A pair of tensors that stand under the same prefix in every model of the family: a block's and the stem's. */
static const struct {
    const char *block;
    size_t block_rank;
    const char *stem;
    dlc_family family;
} signs[] = {
    {"layer1.0.conv1.weight", 4, "conv1.weight", DLC_FAMILY_RESNET},            /* torchvision, timm */
    {"layer1.0.conv1.weight", 4, "conv1.0.weight", DLC_FAMILY_RESNET},          /* timm, stem of three convolutions */
    {"blocks.0.attn.qkv.weight", 2, "patch_embed.proj.weight", DLC_FAMILY_VIT}, /* timm */
    {"encoder.layers.encoder_layer_0.self_attention.in_proj_weight", 2, "conv_proj.weight",
     DLC_FAMILY_VIT}, /* torchvision */
};

static size_t rank_of(const dlc_tensor *tensor) {
    return json_array_size(tensor->shape);
}

/* Whether the tensor is the block of this sign, with the stem beside it. */
static int shows(const dlc_safetensors_header *header, const dlc_tensor *tensor, size_t sign) {
    const size_t length = strlen(tensor->name), block = strlen(signs[sign].block);
    if (rank_of(tensor) != signs[sign].block_rank || length < block)
        return 0;
    const size_t prefix = length - block;
    if (strcmp(tensor->name + prefix, signs[sign].block) != 0 || (prefix > 0 && tensor->name[prefix - 1] != '.'))
        return 0;
    const dlc_tensor *stem = dlc_safetensors_header_find(header, tensor->name, prefix, signs[sign].stem);
    return stem && rank_of(stem) == 4;
}

dlc_family dlc_default_mask_family(const dlc_safetensors_header *header) {
    for (size_t sign = 0; sign < sizeof signs / sizeof signs[0]; sign++)
        for (int64_t i = 0; i < header->count; i++)
            if (shows(header, &header->tensors[i], sign))
                return signs[sign].family;
    return DLC_FAMILY_OTHER;
}

/* ---- Names ---- */

typedef struct dlc_word {
    const char *start;
    size_t length;
} dlc_word;

static dlc_word first_word(const char *name) {
    return (dlc_word){name, strcspn(name, ".")};
}

/* The component after this one; with start NULL after the last. */
static dlc_word next_word(dlc_word word) {
    const char *dot = word.start + word.length;
    return *dot ? first_word(dot + 1) : (dlc_word){NULL, 0};
}

static int is(dlc_word word, const char *text) {
    return word.length == strlen(text) && memcmp(word.start, text, word.length) == 0;
}

static int starts_with(dlc_word word, const char *text) {
    return word.length >= strlen(text) && memcmp(word.start, text, strlen(text)) == 0;
}

static int ends_with(dlc_word word, const char *text) {
    const size_t length = strlen(text);
    return word.length >= length && memcmp(word.start + word.length - length, text, length) == 0;
}

static int contains(dlc_word word, const char *text) {
    for (; word.length >= strlen(text); word.start++, word.length--)
        if (starts_with(word, text))
            return 1;
    return 0;
}

static int is_any(dlc_word word, const char *const *texts) {
    while (*texts && !is(word, *texts))
        texts++;
    return *texts != NULL;
}

/* What programs put before the names of a model that they wrap. */
static const char *const wrappers[] = {"module", "_orig_mod", "model", "backbone", "net", "network", NULL};

static const char *const heads[] = {"head", "heads", "head_dist", "lm_head", "classifier", "score", NULL};
static const char *const first_heads[] = {"fc", "output", NULL};
static const char *const embeddings[] = {"wte", "wpe", "emb", NULL};

static const char *unwrap(const char *name) {
    dlc_word word = first_word(name);
    while (is_any(word, wrappers) && next_word(word).start)
        word = next_word(word);
    return word.start;
}

static int is_head(const char *name) {
    if (is_any(first_word(unwrap(name)), first_heads))
        return 1;
    for (dlc_word word = first_word(name); word.start; word = next_word(word))
        if (is_any(word, heads))
            return 1;
    return 0;
}

/* Embedding tables, and what else is added or looked up: tokens, biases, tables of positions, masks of attention. */
static int is_table(const char *name) {
    if (strcmp(unwrap(name), "shared.weight") == 0)
        return 1;
    dlc_word last = {NULL, 0};
    for (dlc_word word = first_word(name); word.start; word = next_word(word)) {
        if (is_any(word, embeddings) || ends_with(word, "_emb"))
            return 1;
        if (contains(word, "embed") && !starts_with(word, "patch_embed"))
            return 1;
        if (contains(word, "bias") || starts_with(word, "rel_pos"))
            return 1;
        last = word;
    }
    return ends_with(last, "token") || ends_with(last, "tokens") || ends_with(last, "mask");
}

/* ---- The rule ---- */

static int is_floating(int32_t dtype) {
    return dtype == DLC_DTYPE_F32 || dtype == DLC_DTYPE_F16 || dtype == DLC_DTYPE_BF16 || dtype == DLC_DTYPE_F64;
}

static int is_weight(const char *name) {
    const dlc_word all = {name, strlen(name)};
    return ends_with(all, "weight");
}

int dlc_default_mask_includes(dlc_family family, const dlc_tensor *tensor) {
    const size_t rank = rank_of(tensor);
    if (!is_floating(tensor->dtype))
        return 0;
    if (family == DLC_FAMILY_RESNET)
        return rank == 4 && is_weight(tensor->name);
    const int model_part = !is_head(tensor->name) && !is_table(tensor->name);
    if (family == DLC_FAMILY_VIT)
        return rank == 2 && is_weight(tensor->name) && model_part;
    return rank >= 2 && model_part;
}

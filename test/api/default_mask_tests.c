/*
 * default_mask_tests.c - dlc_safetensors_masked_by_default() on the names of well-known models, as timm, torchvision
 * and the language models' files have them.
 */
#include "files.h"
#include "support.h"

#include <stdio.h>

static dlc_safetensors *file;

static void setup(void) {
    temp_folder_make();
    ck_ok(dlc_safetensors_create(NULL, &file), "create");
}

static void teardown(void) {
    dlc_safetensors_free(file);
    temp_folder_remove();
}

static const char *message(void) {
    return dlc_safetensors_message(file);
}

/* One tensor of a model: `n` dimensions (all 1), dtype F32 unless it starts with '!', which stands for I64. A '+' in
 * front: masked by default. */
typedef struct model_tensor {
    const char *name;
    int rank;
} model_tensor;

static const model_tensor resnet18[] = {
    {"+conv1.weight", 4},
    {"bn1.weight", 1},
    {"bn1.running_mean", 1},
    {"!bn1.num_batches_tracked", 0},
    {"+layer1.0.conv1.weight", 4},
    {"layer1.0.bn1.bias", 1},
    {"+layer1.0.conv2.weight", 4},
    {"+layer1.1.conv1.weight", 4},
    {"+layer2.0.conv1.weight", 4},
    {"+layer2.0.downsample.0.weight", 4},
    {"layer2.0.downsample.1.weight", 1},
    {"+layer4.1.conv2.weight", 4},
    {"fc.weight", 2},
    {"fc.bias", 1},
    {NULL, 0},
};

static const model_tensor wrapped_resnet[] = {
    {"+module.backbone.conv1.weight", 4},
    {"+module.backbone.layer1.0.conv1.weight", 4},
    {"+module.backbone.layer1.0.conv3.weight", 4},
    {"module.backbone.fc.weight", 2},
    {"module.projector.weight", 2},
    {"!module.backbone.layer1.0.conv9.weight", 4},
    {NULL, 0},
};

static const model_tensor deep_stem_resnet[] = {
    {"+conv1.0.weight", 4},         {"+conv1.3.weight", 4}, {"+layer1.0.conv1.weight", 4},
    {"+layer1.0.se.fc1.weight", 4}, {"fc.weight", 2},       {NULL, 0},
};

static const model_tensor timm_vit[] = {
    {"cls_token", 3},
    {"pos_embed", 3},
    {"reg_token", 3},
    {"patch_embed.proj.weight", 4},
    {"patch_embed.proj.bias", 1},
    {"blocks.0.norm1.weight", 1},
    {"+blocks.0.attn.qkv.weight", 2},
    {"blocks.0.attn.qkv.bias", 1},
    {"+blocks.0.attn.proj.weight", 2},
    {"+blocks.0.mlp.fc1.weight", 2},
    {"+blocks.0.mlp.fc2.weight", 2},
    {"+blocks.11.mlp.fc2.weight", 2},
    {"blocks.0.attn.relative_position_bias_table", 2},
    {"norm.weight", 1},
    {"head.weight", 2},
    {"head_dist.weight", 2},
    {"head.bias", 1},
    {NULL, 0},
};

static const model_tensor torchvision_vit[] = {
    {"class_token", 3},
    {"conv_proj.weight", 4},
    {"encoder.pos_embedding", 3},
    {"encoder.layers.encoder_layer_0.ln_1.weight", 1},
    {"+encoder.layers.encoder_layer_0.self_attention.in_proj_weight", 2},
    {"encoder.layers.encoder_layer_0.self_attention.in_proj_bias", 1},
    {"+encoder.layers.encoder_layer_0.self_attention.out_proj.weight", 2},
    {"+encoder.layers.encoder_layer_0.mlp.0.weight", 2},
    {"+encoder.layers.encoder_layer_0.mlp.3.weight", 2},
    {"+encoder.layers.encoder_layer_1.mlp.linear_1.weight", 2},
    {"+encoder.layers.encoder_layer_1.mlp.linear_2.weight", 2},
    {"encoder.ln.weight", 1},
    {"heads.head.weight", 2},
    {"heads.pre_logits.weight", 2},
    {NULL, 0},
};

static const model_tensor gpt2[] = {
    {"wte.weight", 2},
    {"wpe.weight", 2},
    {"h.0.ln_1.weight", 1},
    {"h.0.attn.bias", 4},
    {"+h.0.attn.c_attn.weight", 2},
    {"h.0.attn.c_attn.bias", 1},
    {"+h.0.attn.c_proj.weight", 2},
    {"+h.0.mlp.c_fc.weight", 2},
    {"+h.0.mlp.c_proj.weight", 2},
    {"ln_f.weight", 1},
    {"lm_head.weight", 2},
    {NULL, 0},
};

static const model_tensor llama[] = {
    {"model.embed_tokens.weight", 2},
    {"+model.layers.0.self_attn.q_proj.weight", 2},
    {"+model.layers.0.self_attn.o_proj.weight", 2},
    {"+model.layers.0.mlp.gate_proj.weight", 2},
    {"+model.layers.31.mlp.down_proj.weight", 2},
    {"model.layers.0.input_layernorm.weight", 1},
    {"model.norm.weight", 1},
    {"lm_head.weight", 2},
    {NULL, 0},
};

static const model_tensor original_llama[] = {
    {"tok_embeddings.weight", 2},
    {"+layers.0.attention.wq.weight", 2},
    {"+layers.0.feed_forward.w1.weight", 2},
    {"output.weight", 2},
    {NULL, 0},
};

static const model_tensor bert[] = {
    {"bert.embeddings.word_embeddings.weight", 2},
    {"bert.embeddings.position_embeddings.weight", 2},
    {"+bert.encoder.layer.0.attention.self.query.weight", 2},
    {"+bert.encoder.layer.0.attention.output.dense.weight", 2},
    {"+bert.encoder.layer.0.output.dense.weight", 2},
    {"classifier.weight", 2},
    {NULL, 0},
};

static const model_tensor t5[] = {
    {"shared.weight", 2},
    {"+encoder.block.0.layer.0.SelfAttention.q.weight", 2},
    {"encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight", 2},
    {"+decoder.block.0.layer.1.shared.weight", 2},
    {NULL, 0},
};

static const model_tensor swin[] = {
    {"+patch_embed.proj.weight", 4},
    {"+layers.0.blocks.0.attn.qkv.weight", 2},
    {"layers.0.blocks.0.attn.relative_position_bias_table", 2},
    {"!layers.0.blocks.0.attn.relative_position_index", 2},
    {"layers.0.blocks.1.attn_mask", 3},
    {"+layers.0.downsample.reduction.weight", 2},
    {"head.fc.weight", 2},
    {NULL, 0},
};

static const model_tensor two_matrices[] = {{"+w1", 2}, {"+w2", 2}, {NULL, 0}};

static const model_tensor mlp[] = {
    {"+net.fc1.weight", 2}, {"net.fc1.bias", 1}, {"net.fc.weight", 2}, {"+inner.fc.weight", 2}, {"score.weight", 2},
    {"!table", 2},          {NULL, 0},
};

/* A block's name alone, without its stem, or with ranks that do not fit, is not a sign of anything. */
static const model_tensor not_a_resnet[] = {
    {"+layer1.0.conv1.weight", 4},
    {"+other.conv1.weight", 4},
    {"+projector.weight", 2},
    {NULL, 0},
};
static const model_tensor not_a_vit[] = {
    {"+xblocks.0.attn.qkv.weight", 2},
    {"xpatch_embed.proj.weight", 4},
    {"+blocks.0.attn.qkv.weight", 4},
    {"+patch_embed.proj.weight", 4},
    {NULL, 0},
};

static const model_tensor *const models[] = {
    resnet18, wrapped_resnet, deep_stem_resnet, timm_vit,  torchvision_vit, gpt2, llama, original_llama, bert, t5, swin,
    mlp,      two_matrices,   not_a_resnet,     not_a_vit,
};

/* Writes the model with its names, '+' and '!' taken off. Returns the number of tensors. */
static int write_model(const char *path, const model_tensor *model, const char *dtype, int width) {
    char header[8192];
    size_t at = 0;
    int offset = 0, count = 0;
    for (; model[count].name; count++) {
        const char *name = model[count].name;
        const int integer = *name == '!';
        at += (size_t)snprintf(header + at, sizeof header - at, "%s\"%s\":{\"dtype\":\"%s\",\"shape\":[",
                               at ? "," : "{", name + strspn(name, "+!"), integer ? "I64" : dtype);
        for (int axis = 0; axis < model[count].rank; axis++)
            at += (size_t)snprintf(header + at, sizeof header - at, axis ? ",1" : "1");
        const int end = offset + (integer ? 8 : width);
        at += (size_t)snprintf(header + at, sizeof header - at, "],\"data_offsets\":[%d,%d]}", offset, end);
        offset = end;
    }
    snprintf(header + at, sizeof header - at, "}");
    write_safetensors(path, header, (size_t)offset);
    return count;
}

START_TEST(default_mask_of_known_models) {
    static const struct {
        const char *text;
        int width;
    } dtypes[] = {{"F32", 4}, {"F16", 2}, {"BF16", 2}, {"F64", 8}};
    for (int d = 0; d < 4; d++) {
        const int count = write_model(temp_path("model"), models[_i], dtypes[d].text, dtypes[d].width);
        ck_ok(dlc_safetensors_open(file, temp_path("model")), message());
        ck_assert_int_eq(dlc_safetensors_count(file), count);
        for (int64_t i = 0; i < count; i++) {
            const char *name = models[_i][i].name;
            ck_assert_msg(dlc_safetensors_masked_by_default(file, i) == (*name == '+'), "%s of model %d", name, _i);
        }
    }
    /* Whatever the names, only floating-point numbers are masked. */
    const int count = write_model(temp_path("model"), models[_i], "I32", 4);
    ck_ok(dlc_safetensors_open(file, temp_path("model")), message());
    for (int64_t i = 0; i < count; i++)
        ck_assert_int_eq(dlc_safetensors_masked_by_default(file, i), 0);
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("default_mask");
    TCase *tcase = tcase_create("default_mask");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, default_mask_of_known_models, 0, (int)(sizeof models / sizeof models[0]));
    suite_add_tcase(suite, tcase);
    return suite;
}

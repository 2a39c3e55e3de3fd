/*
 * dlc/encoder.h - an embedded forward pass on OpenBLAS: weights of a known architecture + image batches -> features.
 *
 * For programs that have no engine of their own, the dlc command among them. The architecture is recognised from the
 * names and shapes of the tensors, which are timm's or torchvision's.
 *
 * ResNet, with basic blocks (ResNet-18, 34) or bottleneck blocks (50, 101, 152): conv1, bn1, layer1.0.conv1, ...
 * layerS.B.downsample.0; any number of stages and blocks, any width and expansion, grey or RGB. A 7x7 stem has stride 2
 * and a 3x3 max-pool of stride 2 after it; a 3x3 stem has stride 1 and none. Stages after the first halve the
 * resolution, bottleneck blocks in their 3x3 convolution. Features: the mean over the last map. The classifier (fc) is
 * not used. Batch norm is its own affine step after the convolution, in evaluation mode (epsilon 1e-5), so that masks
 * act on the convolution's real weights. Images may be of any size.
 *
 * ViT (Ti, S, B, L, any width, depth and patch size): timm's cls_token, pos_embed, patch_embed.proj, blocks.N.{norm1,
 * attn.qkv, attn.proj, norm2, mlp.fc1, mlp.fc2}, norm and/or fc_norm; torchvision's class_token,
 * encoder.pos_embedding, conv_proj, encoder.layers.encoder_layer_N.{ln_1, self_attention.{in_proj_weight, in_proj_bias,
 * out_proj}, ln_2, mlp.0, mlp.3 (or mlp.linear_1, mlp.linear_2)}, encoder.ln. Blocks normalise first (epsilon 1e-6),
 * GELU is the exact one. Heads of attention: the file's metadata "num_heads" (a decimal number), else one for every 64
 * channels. Queries, keys and values have a bias in all blocks or in none. Images are square, of the one size that the
 * positions are for. Features: by dlc_encoder_set_pooling(), after the final norm; norm comes before the pooling,
 * fc_norm after it. The classifier (head, heads) is not used.
 *
 * The encoder reads the weights where they are, at every call: mask them in place (dlc_mask) and call it again.
 *
 * Determinism. Samples are worked on in fixed blocks: rows 0..B-1 of the data set, then B..2B-1, and so on, each block
 * on one thread and always as a whole (rows that a batch does not bring are zeros). Features therefore do not depend on
 * the batch or the number of threads, on one BLAS build, as long as OpenBLAS runs single-threaded in this process
 * (openblas_set_num_threads(1), or OPENBLAS_NUM_THREADS=1: the host's to decide, the library never touches it). Batches
 * that start and end at multiples of dlc_encoder_block() waste no work.
 *
 * Cost. Every call first brings the weights, as they are then, into the form that it computes with, so batches of a few
 * blocks a thread or more are best. For a ResNet the encoder holds that form, up to 1.8 times the weights as float32;
 * a ViT's weights are used where they are, but for those that are not float32 or not aligned to 4 bytes, of which it
 * holds copies. For each thread come the maps of one block: 3 MB for a small ResNet on 28x28 images, and on 224x224
 * 40 MB for a ResNet-18, 50 MB for a ResNet-50, 15 MB for a ViT-B/16. 3x3 convolutions of stride 1 are computed by
 * Winograd's minimal filtering, which rounds differently from the plain sum: features agree with PyTorch's to some 1e-6
 * of their standard deviation.
 */
#ifndef DLC_ENCODER_H
#define DLC_ENCODER_H

#include "base.h"
#include "file.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dlc_encoder dlc_encoder;

/* What a vision transformer's tokens become one feature row by. */
#define DLC_POOLING_TOKEN 0 /* the class token */
#define DLC_POOLING_MEAN  1 /* the mean of the patches' tokens */

/* dlc_encoder_create() - an encoder with no weights, one thread. allocator: NULL: malloc(). Copied. Errors:
 * DLC_ERROR_ARGUMENT, DLC_ERROR_MEMORY, DLC_ERROR_UNSUPPORTED (a build without this module; dlc_encoder_message(NULL)
 * says so). Since 1.0. */
DLC_API dlc_status dlc_encoder_create(const dlc_allocator *allocator, dlc_encoder **out);

/* dlc_encoder_free() - frees the encoder, not the weights. Accepts NULL. Since 1.0. */
DLC_API void dlc_encoder_free(dlc_encoder *encoder);

/* dlc_encoder_message() - what the last failed call said; borrowed, see dlc/base.h. Since 1.0. */
DLC_API const char *dlc_encoder_message(const dlc_encoder *encoder);

/* dlc_encoder_set_threads() - threads that a forward pass may use: 1 (default) to 1024, or 0 for one per online
 * processor. Errors: DLC_ERROR_ARGUMENT. Since 1.0. */
DLC_API dlc_status dlc_encoder_set_threads(dlc_encoder *encoder, int32_t threads);

/* dlc_encoder_set_pooling() - pooling: DLC_POOLING_*, DLC_POOLING_TOKEN unless set; for every vision transformer from
 * now on, loaded already or not. ResNets have no tokens and take no notice. Errors: DLC_ERROR_ARGUMENT. Since 1.0. */
DLC_API dlc_status dlc_encoder_set_pooling(dlc_encoder *encoder, int32_t pooling);

/*
 * dlc_encoder_load() - recognises the architecture of an open weight file. The file is borrowed, and must stay open,
 * until the encoder is freed or loads another: its tensors (float32, float16, bfloat16 or float64) are the weights.
 *
 * Errors: DLC_ERROR_UNSUPPORTED (no architecture that is known: says what was found; a tensor of another dtype),
 * DLC_ERROR_FORMAT (a tensor is missing, unknown, or of the wrong shape: named), DLC_ERROR_DATA (a NaN or infinity in a
 * tensor that is used: names tensor and index), DLC_ERROR_MEMORY. The encoder goes on with what it had loaded before.
 * Since 1.0.
 */
DLC_API dlc_status dlc_encoder_load(dlc_encoder *encoder, dlc_safetensors *weights);

/* dlc_encoder_architecture() - one line that says what was recognised, such as "resnet basic 1-1-1, 16-32-64 channels,
 * 3x3 stem"; NULL before load. Borrowed. Since 1.0. */
DLC_API const char *dlc_encoder_architecture(const dlc_encoder *encoder);

/* dlc_encoder_channels() - image channels that it takes; dlc_encoder_dim() - floats in a feature row;
 * dlc_encoder_block() - samples in a fixed block. 0 before load. Since 1.0. */
DLC_API int32_t dlc_encoder_channels(const dlc_encoder *encoder);
DLC_API int64_t dlc_encoder_dim(const dlc_encoder *encoder);
DLC_API int64_t dlc_encoder_block(const dlc_encoder *encoder);

/* dlc_encoder_image_size() - the side of the square images that it takes; 0 where it takes any size, and before load.
 * Since 1.0. */
DLC_API int64_t dlc_encoder_image_size(const dlc_encoder *encoder);

/* dlc_encoder_published_size() - the side of the square images that the architecture is published for, to choose a
 * transform by: 224 for a ResNet with a 7x7 stem, dlc_encoder_image_size() where that is not 0; 0 for a ResNet with a
 * 3x3 stem, which takes small images as they are, and before load. Since 1.0. */
DLC_API int64_t dlc_encoder_published_size(const dlc_encoder *encoder);

/*
 * dlc_encoder_forward() - the features of a batch.
 *
 * images: float32[rows, channels, height, width], rows `first` to first + rows - 1 of the data set; 1 to 65,536 pixels
 * a side, or dlc_encoder_image_size(). features: float32[rows, dim]. A NaN in an image, or an overflow, comes out as
 * NaN or infinity in that row alone, and is no error here: dlc_score names it.
 *
 * Errors: DLC_ERROR_STATE (not loaded), DLC_ERROR_ARGUMENT (an image size out of range, a negative number, NULL),
 * DLC_ERROR_MEMORY. Since 1.0.
 */
DLC_API dlc_status dlc_encoder_forward(dlc_encoder *encoder, const float *images, int64_t first, int64_t rows,
                                       int64_t height, int64_t width, float *features);

#ifdef __cplusplus
}
#endif
#endif

/*
 * image_features.c - image and encoder: class folders of PNG and JPEG files to features, with the embedded forward
 * pass.
 *
 *     cc image_features.c $(pkg-config --cflags --libs libdlc) -o image_features
 *     OPENBLAS_NUM_THREADS=1 ./image_features MODEL.safetensors DIR FEATURES.npy
 *
 * DIR/<class>/<any name>.png. MODEL: a ResNet or a ViT under timm's or torchvision's names. FEATURES.npy is written,
 * float32 [images, dim]; a line is printed for every image: class, path. OpenBLAS on one thread makes the features
 * independent of batches and threads (dlc/encoder.h).
 */
#include <dlc/dlc.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void check(dlc_status status, const char *message) {
    if (status == DLC_OK)
        return;
    fprintf(stderr, "%s: %s\n", dlc_status_name(status), message);
    exit(EXIT_FAILURE);
}

/* What the model was trained on decides; these are ImageNet's means and deviations, resized and cropped as usual. A
 * model for small images takes them as they are. */
static void choose_transform(dlc_images *images, const dlc_encoder *encoder) {
    static const float mean[] = {0.485F, 0.456F, 0.406F}, deviation[] = {0.229F, 0.224F, 0.225F};
    const int64_t side = dlc_encoder_published_size(encoder);
    check(dlc_images_set_channels(images, dlc_encoder_channels(encoder)), dlc_images_message(images));
    check(dlc_images_set_size(images, side * 256 / 224), dlc_images_message(images));
    check(dlc_images_set_crop(images, side), dlc_images_message(images));
    if (side > 0 && dlc_encoder_channels(encoder) == 3)
        check(dlc_images_set_normalization(images, mean, deviation), dlc_images_message(images));
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "usage: image_features MODEL.safetensors DIR FEATURES.npy\n");
        return 2;
    }
    dlc_safetensors *weights = NULL;
    dlc_encoder *encoder = NULL;
    dlc_images *images = NULL;
    dlc_npy *npy = NULL;
    check(dlc_safetensors_create(NULL, &weights), "safetensors");
    check(dlc_encoder_create(NULL, &encoder), "encoder");
    check(dlc_images_create(NULL, &images), "images");
    check(dlc_npy_create(NULL, &npy), "npy");

    check(dlc_safetensors_open(weights, argv[1]), dlc_safetensors_message(weights));
    check(dlc_encoder_load(encoder, weights), dlc_encoder_message(encoder));
    check(dlc_encoder_set_threads(encoder, 0), dlc_encoder_message(encoder));
    fprintf(stderr, "%s\n", dlc_encoder_architecture(encoder));
    choose_transform(images, encoder);
    check(dlc_images_set_threads(images, 0), dlc_images_message(images));
    check(dlc_images_open(images, argv[2]), dlc_images_message(images));

    /* Batches of whole blocks waste no work. */
    const int64_t samples = dlc_images_count(images), batch = 8 * dlc_encoder_block(encoder);
    const int64_t height = dlc_images_height(images), width = dlc_images_width(images);
    const int64_t pixels = dlc_images_channels(images) * height * width, dim = dlc_encoder_dim(encoder);
    float *input = malloc((size_t)(batch * pixels) * sizeof *input);
    float *features = malloc((size_t)(samples * dim) * sizeof *features);
    if (!input || !features)
        return EXIT_FAILURE;
    for (int64_t first = 0; first < samples; first += batch) {
        const int64_t rows = samples - first < batch ? samples - first : batch;
        check(dlc_images_read(images, first, rows, input), dlc_images_message(images));
        check(dlc_encoder_forward(encoder, input, first, rows, height, width, features + first * dim),
              dlc_encoder_message(encoder));
    }
    const int64_t dims[] = {samples, dim};
    check(dlc_npy_write(npy, argv[3], DLC_DTYPE_F32, 2, dims, features), dlc_npy_message(npy));
    for (int64_t i = 0; i < samples; i++)
        printf("%" PRId64 "\t%s\n", dlc_images_label(images, i), dlc_images_path(images, i));

    free(input);
    free(features);
    dlc_npy_free(npy);
    dlc_images_free(images);
    dlc_encoder_free(encoder);
    dlc_safetensors_free(weights);
    return EXIT_SUCCESS;
}

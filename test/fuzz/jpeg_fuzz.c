/* jpeg_fuzz.c - the input is a JPEG file; its last bytes choose the transforms (image_input.h). Bytes behind the end of
 * an image do no harm, so that any JPEG file is an input. */
#include "image_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    size_t length = size;
    const fuzz_input choices = fuzz_tail(data, &length, IMAGE_CHOICES);
    image_input_run(data, size, choices);
    return 0;
}

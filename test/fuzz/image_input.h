/*
 * image_input.h - what the targets of the image codecs share: the bytes of an image and how it is to be turned into
 * pixels.
 */
#ifndef DLC_FUZZ_IMAGE_INPUT_H
#define DLC_FUZZ_IMAGE_INPUT_H

#include "fuzz.h"

/* Bytes at the end of an input that choose channels, size, crop, filter, cache and memory. */
#define IMAGE_CHOICES 8

/* Opens a class folder of two such images, one of them twice under another name, with the transforms chosen; reads what
 * opens, in two ways, and checks that they agree. */
void image_input_run(const uint8_t *bytes, size_t size, fuzz_input choices);

#endif

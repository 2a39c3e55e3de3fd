/* blas.c - see blas.h. */
#include "blas.h"

#if WITH_ENCODER

#include <cblas.h>

#include <stdio.h>
#include <string.h>

void blas_use_one_thread(void) {
    openblas_set_num_threads(1);
}

/* From a text that begins "OpenBLAS 0.3.21 ". */
void blas_describe(char *text, size_t size) {
    const char *version = openblas_get_config(), *space = strchr(version, ' ');
    version = space ? space + 1 : version;
    snprintf(text, size, "%.*s %s", (int)strcspn(version, " "), version, openblas_get_corename());
}

#else

void blas_use_one_thread(void) {
}

void blas_describe(char *text, size_t size) {
    if (size > 0)
        text[0] = '\0';
}

#endif

/*
 * blas.h - what the dlc command wants of OpenBLAS, which does the encoder's products. Does nothing in a build without
 * the encoder module, where there is no OpenBLAS.
 */
#ifndef DLC_SRC_BLAS_H
#define DLC_SRC_BLAS_H

#include <stddef.h>

/* One thread for the rest of the process: features must not depend on how many OpenBLAS would like. The process is the
 * command's own; a library would leave that setting alone. */
void blas_use_one_thread(void);

/* What the bits of its products depend on: the version, and the processor that it computes for, "0.3.21 Haswell". */
void blas_describe(char *text, size_t size);

#endif

/* blas.h - OpenBLAS's threads are the host's to set, and a test program is the host. */
#ifndef DLC_TEST_BLAS_H
#define DLC_TEST_BLAS_H

/* Makes OpenBLAS run single-threaded in this process. A fixture: tcase_add_checked_fixture(tcase, use_one_blas_thread,
 * NULL). */
void use_one_blas_thread(void);

#endif

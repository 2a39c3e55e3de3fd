/* blas.c - see blas.h. Looks the function up, since the tests of the API link libdlc alone. */
#include "blas.h"

#include <check.h>
#include <dlfcn.h>
#include <string.h>

void use_one_blas_thread(void) {
    void *program = dlopen(NULL, RTLD_LAZY);
    ck_assert_ptr_nonnull(program);
    void *symbol = dlsym(program, "openblas_set_num_threads");
    ck_assert_ptr_nonnull(symbol);
    void (*set_threads)(int);
    memcpy(&set_threads, &symbol, sizeof set_threads);
    set_threads(1);
    dlclose(program);
}

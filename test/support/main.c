/*
 * main.c - runs one suite. Every *_tests.c defines tests(), is linked with this, and is a program of its own.
 * `program NAME` runs only the test case of that name.
 */
#include "support.h"

#include <stdlib.h>

int main(int argc, char **argv) {
    SRunner *runner = srunner_create(tests());
    srunner_run(runner, NULL, argc > 1 ? argv[1] : NULL, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

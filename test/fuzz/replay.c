/*
 * replay.c - runs a fuzz target on files instead of under a fuzzer: those that are named, or all of the target's
 * corpus, test/fuzz/corpus/TARGET. So `make check` sees every case that was ever found, with any compiler.
 */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void run_file(const char *path) {
    FILE *file = fopen(path, "rb");
    fuzz_check(file != NULL);
    fuzz_check(fseek(file, 0, SEEK_END) == 0);
    const size_t size = (size_t)ftell(file);
    rewind(file);
    /* Exactly as large as the input, so that a sanitizer sees reads beyond it. */
    uint8_t *bytes = malloc(size > 0 ? size : 1);
    fuzz_check(bytes != NULL);
    fuzz_check(fread(bytes, 1, size, file) == size);
    fclose(file);
    LLVMFuzzerTestOneInput(bytes, size);
    free(bytes);
}

static int is_input(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

static int run_folder(const char *folder) {
    struct dirent **entries = NULL;
    const int count = scandir(folder, &entries, is_input, alphasort);
    fuzz_check(count > 0);
    for (int i = 0; i < count; i++) {
        char path[512];
        fuzz_check(snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name) < (int)sizeof path);
        /* Seen where a crash is the last thing that happens. */
        printf("%s\n", path);
        fflush(stdout);
        run_file(path);
        free(entries[i]);
    }
    free(entries);
    return count;
}

int main(int argc, char **argv) {
    int count = 0;
    for (; count < argc - 1; count++)
        run_file(argv[count + 1]);
    if (argc < 2) {
        const char *slash = strrchr(argv[0], '/');
        char folder[512];
        fuzz_check(snprintf(folder, sizeof folder, "test/fuzz/corpus/%s", slash ? slash + 1 : argv[0]) <
                   (int)sizeof folder);
        char *suffix = strstr(folder, "_fuzz");
        if (suffix)
            *suffix = '\0';
        count = run_folder(folder);
    }
    printf("100%%: Inputs: %d, Failures: 0\n", count);
    return EXIT_SUCCESS;
}

/*
 * run_folder_fuzz.c - the input is one of the files that dlc writes for itself and reads again - those of a run's
 * folder - or a JSONL file: the first byte says which, the second what is done with it. The other files are sound.
 * command_world.h says what is checked.
 */
#include "command_world.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

static const char *const files[] = {"other/run.json",   "other/samples.txt", "other/scores.npy",
                                    "other/curves.npy", "other/labels.npy",  "other/correct.npy"};

static const char *const commands[] = {
    "dlc report other --out o.html",
    "dlc report other --select i.npy --out o.html --gamma 0.3",
    "dlc select --run other --keep 0.5 --out o.npy --list o.txt",
    "dlc select --scores s.npy --jsonl lines.jsonl --keep 0.5 --out o.jsonl",
};

enum { FILES = sizeof files / sizeof files[0], COMMANDS = sizeof commands / sizeof commands[0] };

static void run(const char *command) {
    char text[256], *argv[16];
    int argc = 0;
    strcpy(text, command);
    for (char *word = strtok(text, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    argv[argc] = NULL;
    command_world_run(argc, argv);
}

/* The file that the input before has changed, as it was. */
static struct {
    const char *path;
    unsigned char *bytes;
    size_t size;
} changed;

static void change(const char *path, const void *bytes, size_t size) {
    if (changed.path)
        command_world_put(changed.path, changed.bytes, changed.size);
    free(changed.bytes);
    changed.path = path;
    changed.bytes = fuzz_get(path, &changed.size);
    command_world_put(path, bytes, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_input input = {data, data + size};
    const int file = fuzz_choice(&input, FILES), command = fuzz_choice(&input, COMMANDS);
    command_world_enter();
    change(command == COMMANDS - 1 ? "lines.jsonl" : files[file], input.at, (size_t)(input.end - input.at));
    run(commands[command]);
    command_world_leave();
    return 0;
}

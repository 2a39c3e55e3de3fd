/*
 * command_fuzz.c - the input is a command line of dlc, an argument a line; a NUL stands for a line break inside one. It
 * runs in this process, in a folder of small sound files: w.safetensors, images/, run/ and arrays in .npy, see
 * command_world.c. A broken file is what the other targets are for.
 *
 * Whatever the arguments: the exit status is 0, 1 or 2; a failure says why in one line, and leaves the folder as it
 * was; a success says nothing on standard error, and leaves no temporary file.
 */
#include "command_world.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#define ARGUMENTS_MAX 40

/* ---- Arguments ---- */

static int is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* Nothing outside the folder may be written to: what would lead out of it becomes another name. */
static void keep_inside(char *argument) {
    for (char *c = argument; *c; c++) {
        if (*c == '/' && (c == argument || strchr("=/~,", c[-1])))
            *c = '_';
        if (*c == '.' && c[1] == '.')
            *c = '_';
    }
}

/* Numbers that ask for work without end are of no interest: thousands of threads, pixels and levels are what the caller
 * gets who asks for them. Numbers too large for any of these are. */
static int asks_for_much(const char *argument) {
    for (const char *c = argument; *c; c++) {
        if (!is_digit(*c) || (c > argument && (is_digit(c[-1]) || c[-1] == '.')))
            continue;
        while (*c == '0' && is_digit(c[1]))
            c++;
        const size_t digits = strspn(c, "0123456789");
        if (digits >= 3 && digits <= 8)
            return 1;
    }
    return 0;
}

/* Splits the text in place. Returns the number of arguments, argv[0] included, or -1 for an input to leave alone. */
static int split(char *text, char *end, char **argv) {
    int argc = 0;
    static char name[] = "dlc";
    argv[argc++] = name;
    while (text < end && argc < ARGUMENTS_MAX) {
        char *line_end = memchr(text, '\n', (size_t)(end - text));
        if (!line_end)
            line_end = end;
        *line_end = '\0';
        for (char *c = text; c < line_end; c++)
            if (*c == '\0')
                *c = '\n';
        keep_inside(text);
        if (asks_for_much(text))
            return -1;
        argv[argc++] = text;
        text = line_end + 1;
    }
    argv[argc] = NULL;
    return argc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *argv[ARGUMENTS_MAX + 1];
    char *text = malloc(size + 1);
    fuzz_check(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    command_world_enter();
    const int argc = split(text, text + size, argv);
    if (argc > 1)
        command_world_run(argc, argv);
    command_world_leave();
    free(text);
    return 0;
}

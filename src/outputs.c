/* outputs.c - see outputs.h. */
#include "outputs.h"

#include "interrupt.h"
#include "message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Names tried before giving up: leftovers of killed processes that had our process id. */
enum { ATTEMPTS = 1000 };

/* Creates a temporary file beside path, under a name of its own in the buffer. Returns 0 or an errno. */
static int create_beside(const char *path, char *name, size_t size) {
    struct stat there;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        snprintf(name, size, "%s.tmp-%ld-%d", path, (long)getpid(), attempt);
        if (lstat(name, &there) == 0)
            continue;
        interrupt_removes(name);
        const int descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (descriptor >= 0) {
            close(descriptor);
            return 0;
        }
        const int number = errno;
        interrupt_forgets(name);
        if (number != EEXIST)
            return number;
    }
    return EEXIST;
}

int outputs_add(output_set *outputs, const char *path, const char **temporary) {
    const size_t size = strlen(path) + 48;
    char *own_path = strdup(path), *own_temporary = malloc(size);
    if (!own_path || !own_temporary) {
        free(own_path);
        free(own_temporary);
        return failed("%s: out of memory", path);
    }
    struct stat there;
    /* A rename would put a file in the place of a folder or a device. */
    const int is_taken = stat(path, &there) == 0 && !S_ISREG(there.st_mode);
    int number = 0;
    if (*path == '\0')
        number = ENOENT;
    else if (!is_taken)
        number = create_beside(path, own_temporary, size);
    if (is_taken || number != 0) {
        const int status = failed("%s: %s", path, is_taken ? "not a regular file" : strerror(number));
        free(own_path);
        free(own_temporary);
        return status;
    }
    outputs->items[outputs->count].path = own_path;
    outputs->items[outputs->count].temporary = own_temporary;
    outputs->count++;
    *temporary = own_temporary;
    return EXIT_DONE;
}

FILE *output_open(const char *temporary) {
    FILE *file = fopen(temporary, "wb");
    if (!file)
        failed("%s: %s", temporary, strerror(errno));
    return file;
}

int output_close(FILE *file, const char *temporary) {
    int number = 0;
    if (fflush(file) != 0 || fsync(fileno(file)) != 0)
        number = errno;
    else if (ferror(file))
        number = EIO; /* it failed before, and would not now */
    if (fclose(file) != 0 && number == 0)
        number = errno;
    return number == 0 ? EXIT_DONE : failed("%s: %s", temporary, strerror(number));
}

int outputs_commit(output_set *outputs) {
    interrupt_hold(NULL);
    if (interrupt_noted())
        return interrupted("");
    for (int i = 0; i < outputs->count; i++) {
        if (rename(outputs->items[i].temporary, outputs->items[i].path) != 0)
            return failed("%s: %s", outputs->items[i].path, strerror(errno));
        interrupt_forgets(outputs->items[i].temporary);
        outputs->items[i].temporary[0] = '\0';
    }
    return EXIT_DONE;
}

void outputs_discard(output_set *outputs) {
    for (int i = 0; i < outputs->count; i++) {
        if (outputs->items[i].temporary[0])
            unlink(outputs->items[i].temporary);
        interrupt_forgets(outputs->items[i].temporary);
        free(outputs->items[i].temporary);
        free(outputs->items[i].path);
    }
    outputs->count = 0;
}

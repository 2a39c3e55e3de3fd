/* outputs.c - see outputs.h. */
#include "outputs.h"

#include "message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int outputs_add(output_set *outputs, const char *path, const char **temporary) {
    const size_t size = strlen(path) + 32;
    char *own_path = strdup(path), *own_temporary = malloc(size);
    if (!own_path || !own_temporary) {
        free(own_path);
        free(own_temporary);
        return failed("%s: out of memory", path);
    }
    snprintf(own_temporary, size, "%s.tmp-%ld", path, (long)getpid());
    struct stat there;
    /* A rename would put a file in the place of a folder or a device. */
    const int is_taken = stat(path, &there) == 0 && !S_ISREG(there.st_mode);
    const int descriptor = is_taken ? -1 : open(own_temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor < 0) {
        const int status = failed("%s: %s", path, is_taken ? "not a regular file" : strerror(errno));
        free(own_path);
        free(own_temporary);
        return status;
    }
    close(descriptor);
    outputs->items[outputs->count].path = own_path;
    outputs->items[outputs->count].temporary = own_temporary;
    outputs->count++;
    *temporary = own_temporary;
    return EXIT_DONE;
}

int outputs_commit(output_set *outputs) {
    for (int i = 0; i < outputs->count; i++) {
        if (rename(outputs->items[i].temporary, outputs->items[i].path) != 0)
            return failed("%s: %s", outputs->items[i].path, strerror(errno));
        outputs->items[i].temporary[0] = '\0';
    }
    return EXIT_DONE;
}

void outputs_discard(output_set *outputs) {
    for (int i = 0; i < outputs->count; i++) {
        if (outputs->items[i].temporary[0])
            unlink(outputs->items[i].temporary);
        free(outputs->items[i].temporary);
        free(outputs->items[i].path);
    }
    outputs->count = 0;
}

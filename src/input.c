/* input.c - see input.h. */
#include "input.h"

#include "message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One read call of Linux moves less than 2 GiB. */
#define READ_MAX (INT64_C(1) << 30)

int input_open(const char *path, int64_t *size) {
    /* Non-blocking, since opening a FIFO would wait for its writer; without meaning for regular files. */
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat status;
    const int is_known = descriptor >= 0 && fstat(descriptor, &status) == 0;
    if (is_known && S_ISREG(status.st_mode)) {
        *size = (int64_t)status.st_size;
        return descriptor;
    }
    failed("%s: %s", path, is_known ? "not a regular file" : strerror(errno));
    if (descriptor >= 0)
        close(descriptor);
    return -1;
}

int64_t input_read(int descriptor, const char *path, int64_t offset, char *buffer, int64_t size) {
    int64_t done = 0;
    while (done < size) {
        const int64_t rest = size - done;
        const ssize_t got =
            pread(descriptor, buffer + done, (size_t)(rest < READ_MAX ? rest : READ_MAX), (off_t)(offset + done));
        if (got == 0)
            break;
        if (got > 0) {
            done += got;
        } else if (errno != EINTR) {
            failed("%s: %s", path, strerror(errno));
            return -1;
        }
    }
    return done;
}

int input_read_text(const char *path, char **text, int64_t *size) {
    *text = NULL;
    const int descriptor = input_open(path, size);
    if (descriptor < 0)
        return EXIT_FAILED;
    int status = EXIT_DONE;
    *text = malloc((size_t)*size + 1);
    const int64_t got = *text ? input_read(descriptor, path, 0, *text, *size) : 0;
    if (!*text)
        status = failed("%s: out of memory", path);
    else if (got < 0)
        status = EXIT_FAILED;
    else if (got < *size)
        status = failed("%s has become shorter while it was read", path);
    close(descriptor);
    if (status == EXIT_DONE) {
        (*text)[*size] = '\0';
        return EXIT_DONE;
    }
    free(*text);
    *text = NULL;
    return status;
}

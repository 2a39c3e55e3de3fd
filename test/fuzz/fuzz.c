/* fuzz.c - see fuzz.h. */
#include "fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

_Noreturn void fuzz_broken(const char *what, const char *file, int line) {
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
    abort();
}

/* Bytes of the UTF-8 character at `text`, 0 where there is none; by the table of Unicode's chapter 3.9. */
static size_t utf8_length(const unsigned char *text) {
    const unsigned char first = text[0];
    if (first < 0x80)
        return 1;
    const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4)
        return 0;
    const unsigned char least = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    const unsigned char most = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (text[1] < least || text[1] > most)
        return 0;
    for (size_t i = 2; i < length; i++)
        if ((text[i] & 0xC0U) != 0x80U)
            return 0;
    return length;
}

dlc_status fuzz_status(dlc_status status, const char *message) {
    fuzz_check(status <= DLC_OK && status >= DLC_ERROR_LIMIT);
    fuzz_check(message != NULL);
    fuzz_check(status == DLC_OK || *message != '\0');
    for (const unsigned char *c = (const unsigned char *)message; *c; c += utf8_length(c)) {
        fuzz_check(*c >= 0x20 && *c != 0x7F);
        fuzz_check(utf8_length(c) > 0);
    }
    return status;
}

/* ---- Taking an input apart ---- */

uint8_t fuzz_byte(fuzz_input *input) {
    return input->at < input->end ? *input->at++ : 0;
}

uint64_t fuzz_word(fuzz_input *input, int bytes) {
    uint64_t word = 0;
    for (int i = 0; i < bytes; i++)
        word |= (uint64_t)fuzz_byte(input) << 8 * i;
    return word;
}

int fuzz_choice(fuzz_input *input, int count) {
    return fuzz_byte(input) % count;
}

int64_t fuzz_number(fuzz_input *input, int64_t most) {
    static const int64_t ends[] = {INT64_MIN, -1, INT64_MAX, INT32_MAX, INT32_MIN, INT64_C(1) << 32, INT64_C(1) << 60};
    const uint8_t byte = fuzz_byte(input);
    if (byte < 0xE0)
        return byte % (most + 1);
    if (byte < 0xF8)
        return ends[byte % (sizeof ends / sizeof ends[0])];
    return (int64_t)fuzz_word(input, byte % 8 + 1);
}

fuzz_input fuzz_tail(const uint8_t *data, size_t *size, size_t count) {
    const size_t taken = count < *size ? count : *size;
    *size -= taken;
    return (fuzz_input){data + *size, data + *size + taken};
}

/* ---- Memory ---- */

typedef union block {
    int64_t size;
    max_align_t align;
} block;

static pthread_mutex_t memory_lock = PTHREAD_MUTEX_INITIALIZER;

/* Whether there is memory; counted as allocated then. */
static int grant(fuzz_memory *memory, int64_t size) {
    pthread_mutex_lock(&memory_lock);
    const int granted = memory->calls++ != memory->fail_at && size <= memory->limit - memory->held;
    memory->held += granted ? size : 0;
    memory->blocks += granted;
    pthread_mutex_unlock(&memory_lock);
    return granted;
}

static void allocate(void *user, int64_t size, void **result) {
    fuzz_check(size > 0);
    fuzz_check(*result == NULL);
    if (!grant(user, size))
        return;
    block *made = malloc(sizeof *made + (size_t)size);
    fuzz_check(made != NULL);
    made->size = size;
    *result = made + 1;
}

static void release(void *user, void *released) {
    fuzz_memory *memory = user;
    fuzz_check(released != NULL);
    block *made = (block *)released - 1;
    pthread_mutex_lock(&memory_lock);
    memory->held -= made->size;
    memory->blocks--;
    pthread_mutex_unlock(&memory_lock);
    free(made);
}

dlc_allocator *fuzz_allocator(fuzz_memory *memory) {
    const int64_t fail_at = memory->fail_at;
    dlc_allocator *allocator = NULL;
    memory->fail_at = -1;
    fuzz_check(dlc_allocator_create(allocate, release, memory, &allocator) == DLC_OK);
    memory->fail_at = fail_at;
    memory->calls = 0;
    return allocator;
}

void fuzz_allocator_end(dlc_allocator *allocator, const fuzz_memory *memory) {
    dlc_allocator_free(allocator);
    fuzz_check(memory->blocks == 0);
    fuzz_check(memory->held == 0);
}

/* ---- Files ---- */

static char folder[64];

/* Relative to an open folder, so that neither depth nor the length of paths matters. */
static void remove_all(int parent, const char *name) {
    if (unlinkat(parent, name, 0) == 0)
        return;
    const int descriptor = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    fuzz_check(descriptor >= 0);
    DIR *stream = fdopendir(descriptor);
    fuzz_check(stream != NULL);
    const struct dirent *entry;
    while ((entry = readdir(stream)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            remove_all(descriptor, entry->d_name);
    closedir(stream);
    fuzz_check(unlinkat(parent, name, AT_REMOVEDIR) == 0);
}

static void remove_folder(void) {
    remove_all(AT_FDCWD, folder);
}

const char *fuzz_folder(void) {
    if (folder[0] == '\0') {
        struct stat status;
        const int has_shm = stat("/dev/shm", &status) == 0 && S_ISDIR(status.st_mode);
        snprintf(folder, sizeof folder, "%s/dlc-fuzz-XXXXXX", has_shm ? "/dev/shm" : "/tmp");
        fuzz_check(mkdtemp(folder) != NULL);
        atexit(remove_folder);
    }
    return folder;
}

const char *fuzz_path(const char *name) {
    static char paths[8][512];
    static unsigned next;
    char *path = paths[next++ % 8];
    fuzz_check(snprintf(path, sizeof paths[0], "%s/%s", fuzz_folder(), name) < (int)sizeof paths[0]);
    return path;
}

void fuzz_put(const char *path, const void *bytes, size_t size) {
    const int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    fuzz_check(descriptor >= 0);
    fuzz_check(write(descriptor, bytes, size) == (ssize_t)size);
    close(descriptor);
}

unsigned char *fuzz_get(const char *path, size_t *size) {
    struct stat status;
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    fuzz_check(descriptor >= 0 && fstat(descriptor, &status) == 0);
    *size = (size_t)status.st_size;
    unsigned char *bytes = malloc(*size + 1);
    fuzz_check(bytes != NULL);
    fuzz_check(read(descriptor, bytes, *size + 1) == (ssize_t)*size);
    close(descriptor);
    return bytes;
}

void fuzz_remove(const char *path) {
    remove_all(AT_FDCWD, path);
}

void fuzz_clear(void) {
    remove_all(AT_FDCWD, fuzz_folder());
    fuzz_check(mkdir(folder, 0700) == 0);
}

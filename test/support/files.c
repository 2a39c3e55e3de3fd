/* files.c - see files.h. */
#include "files.h"

#include "support.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[256];

void temp_folder_make(void) {
    const char *where = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/dlc-test-XXXXXX", where ? where : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void remove_all(const char *path) {
    struct stat status;
    ck_assert_int_eq(lstat(path, &status), 0);
    if (!S_ISDIR(status.st_mode)) {
        ck_assert_int_eq(unlink(path), 0);
        return;
    }
    DIR *stream = opendir(path);
    ck_assert_ptr_nonnull(stream);
    const struct dirent *entry;
    while ((entry = readdir(stream)) != NULL) {
        char inner[1024];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        ck_assert_int_lt(snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name), (int)sizeof inner);
        remove_all(inner);
    }
    closedir(stream);
    ck_assert_int_eq(rmdir(path), 0);
}

void temp_folder_remove(void) {
    remove_all(folder);
}

const char *temp_path(const char *name) {
    static char paths[8][1024];
    static unsigned next;
    char *path = paths[next++ % 8];
    ck_assert_int_lt(snprintf(path, sizeof paths[0], "%s%s%s", folder, *name ? "/" : "", name), (int)sizeof paths[0]);
    return path;
}

int temp_entries(const char *name) {
    DIR *stream = opendir(temp_path(name));
    ck_assert_ptr_nonnull(stream);
    int entries = 0;
    while (readdir(stream))
        entries++;
    closedir(stream);
    return entries - 2;
}

const char *temp_subfolder(const char *name) {
    char part[1024];
    for (size_t i = 0; i <= strlen(name); i++) {
        if (name[i] != '/' && name[i] != '\0')
            continue;
        snprintf(part, sizeof part, "%.*s", (int)i, name);
        struct stat status;
        if (stat(temp_path(part), &status) != 0)
            ck_assert_int_eq(mkdir(temp_path(part), 0777), 0);
    }
    return temp_path(name);
}

/* A new file each time: some file systems sync one that is truncated and written again, and tests do so thousands of
 * times. */
void write_bytes(const char *path, const void *bytes, size_t size) {
    unlink(path);
    FILE *file = fopen(path, "wb");
    ck_assert_msg(file != NULL, "%s cannot be opened", path);
    ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
}

void write_safetensors(const char *path, const char *header, size_t data_size) {
    const size_t length = strlen(header);
    unsigned char *bytes = malloc(8 + length + data_size);
    ck_assert_ptr_nonnull(bytes);
    for (size_t i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(length >> 8 * i & 255U);
    memcpy(bytes + 8, header, length);
    for (size_t i = 0; i < data_size; i++)
        bytes[8 + length + i] = (unsigned char)i;
    write_bytes(path, bytes, 8 + length + data_size);
    free(bytes);
}

unsigned char *read_bytes(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s cannot be opened", path);
    ck_assert_int_eq(fseek(file, 0, SEEK_END), 0);
    *size = (size_t)ftell(file);
    rewind(file);
    unsigned char *bytes = malloc(*size + 1);
    ck_assert_ptr_nonnull(bytes);
    ck_assert_uint_eq(fread(bytes, 1, *size, file), *size);
    bytes[*size] = '\0';
    fclose(file);
    return bytes;
}

int same_bytes(const char *left, const char *right) {
    size_t left_size = 0, right_size = 0;
    unsigned char *a = read_bytes(left, &left_size), *b = read_bytes(right, &right_size);
    const int same = left_size == right_size && memcmp(a, b, left_size) == 0;
    free(a);
    free(b);
    return same;
}

/*
 * files.h - a temporary folder for a test, and whole files read and written by the C library alone.
 */
#ifndef DLC_TEST_FILES_H
#define DLC_TEST_FILES_H

#include <stddef.h>

/* Fixtures: an empty folder before a test, gone with all that is in it after. */
void temp_folder_make(void);
void temp_folder_remove(void);

/* The path of a name in the temporary folder. Valid until eight further calls. */
const char *temp_path(const char *name);

/* Names in a folder of the temporary folder ("" for itself), hidden ones included. */
int temp_entries(const char *name);

/* A folder in the temporary folder; those above it are made too. Returns its path. */
const char *temp_subfolder(const char *name);

void write_bytes(const char *path, const void *bytes, size_t size);

/* A .safetensors file with this header and `data_size` bytes 0, 1, 2, ... of data. */
void write_safetensors(const char *path, const char *header, size_t data_size);

/* The caller frees the bytes; a NUL byte follows them. */
unsigned char *read_bytes(const char *path, size_t *size);

/* Whether two files have the same bytes. */
int same_bytes(const char *left, const char *right);

#endif

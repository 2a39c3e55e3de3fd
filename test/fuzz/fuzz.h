/*
 * fuzz.h - what the fuzz targets share. A target is a file *_fuzz.c with one entry, LLVMFuzzerTestOneInput(): it turns
 * any bytes into calls of the public API and aborts where a promise of the headers does not hold. The same entry serves
 * libFuzzer and AFL++ (`make fuzz`), and replay.c, which runs the kept inputs in `make check`.
 *
 * Targets write nowhere but in a folder of their own, and open no socket.
 */
#ifndef DLC_FUZZ_H
#define DLC_FUZZ_H

#include <dlc/dlc.h>

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Aborts, after one line that says what did not hold. */
#define fuzz_check(condition) ((condition) ? (void)0 : fuzz_broken(#condition, __FILE__, __LINE__))
_Noreturn void fuzz_broken(const char *what, const char *file, int line);

/* What holds after any call on a handle: the status is a known one, and after a failure there is a message of one line
 * in UTF-8. Returns the status. */
dlc_status fuzz_status(dlc_status status, const char *message);

/* ---- Taking an input apart ---- */

/* What is left of an input. Beyond its end come zeros. */
typedef struct fuzz_input {
    const uint8_t *at, *end;
} fuzz_input;

uint8_t fuzz_byte(fuzz_input *input);
uint64_t fuzz_word(fuzz_input *input, int bytes);

/* 0 to count - 1, count up to 256. */
int fuzz_choice(fuzz_input *input, int count);

/* Mostly 0 to most; every eighth time any number at all, the ends of the range among them. */
int64_t fuzz_number(fuzz_input *input, int64_t most);

/* The last `count` bytes as an input of their own; they are taken off the size. Fewer where there are fewer. */
fuzz_input fuzz_tail(const uint8_t *data, size_t *size, size_t count);

/* ---- Memory ---- */

/* Counts what is allocated. Beyond `limit` bytes, and at the call number `fail_at` (from 0; -1 for none), there is no
 * memory. */
typedef struct fuzz_memory {
    int64_t limit;
    int64_t fail_at;
    int64_t calls;
    int64_t blocks, held;
} fuzz_memory;

/* An allocator on top of it. */
dlc_allocator *fuzz_allocator(fuzz_memory *memory);

/* Frees the allocator; by then every block must have been given back. */
void fuzz_allocator_end(dlc_allocator *allocator, const fuzz_memory *memory);

/* ---- Files ---- */

/* A folder of this process, in memory where the system has such a place; gone at exit. */
const char *fuzz_folder(void);

/* The path of a name in that folder. Valid until eight further calls. */
const char *fuzz_path(const char *name);

void fuzz_put(const char *path, const void *bytes, size_t size);

/* The bytes of a file; the caller frees them. */
unsigned char *fuzz_get(const char *path, size_t *size);

/* Removes a file, or a folder with all that is in it. */
void fuzz_remove(const char *path);

/* Removes all that is in the folder. */
void fuzz_clear(void);

#endif

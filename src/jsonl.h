/*
 * jsonl.h - the chosen lines of a JSONL file, byte for byte: line i is sample i. The lines are not parsed.
 *
 * The file is read twice, first to find the lines, then those that are chosen; nothing is written before the first
 * read has found it sound. Memory goes with the number of chosen lines, 40 bytes each, whatever their length.
 */
#ifndef DLC_SRC_JSONL_H
#define DLC_SRC_JSONL_H

#include <stdint.h>

/*
 * Writes lines indices[0..count-1] of the regular file `path` to the file `to`, in that order, and syncs it.
 *
 * lines: how many there must be; scores: the file that says so, for the message. A line ends with its newline, which
 * belongs to it (so does a carriage return before it). The last line of the file may lack it: it is written without,
 * too, unless other lines follow it in the order asked for. A line of nothing but white space is an error, for readers
 * of JSONL do not agree on whether it counts.
 *
 * EXIT_DONE, or EXIT_FAILED after a message.
 */
int jsonl_copy_lines(const char *path, int64_t lines, const char *scores, const int64_t *indices, int64_t count,
                     const char *to);

#endif

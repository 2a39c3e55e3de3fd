/*
 * json_text.h - what the records of the command are put together with: file names in JSON (any bytes go in, valid UTF-8
 * comes out), lists that have all their items or are not there, and texts that are whole.
 */
#ifndef DLC_SRC_JSON_TEXT_H
#define DLC_SRC_JSON_TEXT_H

#include <jansson.h>

/* A JSON string; where the bytes are not UTF-8, each that is not ASCII becomes '?'. A new reference, NULL where memory
 * is short. */
json_t *json_text(const char *bytes);

/* The list with one more item, whose reference it takes; NULL, and the list is gone, where either is NULL or memory is
 * short. */
json_t *json_list_add(json_t *list, json_t *item);

/* The text of a JSON value, indented, a double with at most `digits` digits (0: as many as tell it from every other);
 * the caller frees it. NULL where root is NULL or memory is short. Not json_dumps(), which leaves out what it gets no
 * memory for, and does not tell. */
char *json_whole_text(const json_t *root, size_t digits);

#endif

/*
 * json_text.h - what the records of the command are put together with: file names in JSON (any bytes go in, valid UTF-8
 * comes out), and lists that have all their items or are not there.
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

#endif

/*
 * json_text.h - file names in JSON: any bytes go in, valid UTF-8 comes out.
 */
#ifndef DLC_SRC_JSON_TEXT_H
#define DLC_SRC_JSON_TEXT_H

#include <jansson.h>

/* A JSON string; where the bytes are not UTF-8, each that is not ASCII becomes '?'. A new reference, NULL where memory
 * is short. */
json_t *json_text(const char *bytes);

#endif

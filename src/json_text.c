/* json_text.c - see json_text.h. */
#include "json_text.h"

#include <stdlib.h>
#include <string.h>

json_t *json_text(const char *bytes) {
    json_t *text = json_string(bytes);
    char *ascii = text ? NULL : strdup(bytes);
    if (text || !ascii)
        return text;
    for (char *c = ascii; *c; c++)
        if ((unsigned char)*c >= 0x80)
            *c = '?';
    text = json_string(ascii);
    free(ascii);
    return text;
}

json_t *json_list_add(json_t *list, json_t *item) {
    if (json_array_append_new(list, item) == 0)
        return list;
    json_decref(list);
    return NULL;
}

char *json_whole_text(const json_t *root, size_t digits) {
    const size_t flags = JSON_INDENT(2) | JSON_REAL_PRECISION(digits);
    const size_t size = root ? json_dumpb(root, NULL, 0, flags) : 0;
    char *text = size > 0 ? malloc(size + 1) : NULL;
    if (!text)
        return NULL;
    if (json_dumpb(root, text, size, flags) != size) {
        free(text);
        return NULL;
    }
    text[size] = '\0';
    return text;
}

/* error.c - formats the message of a failed call (error.h). */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Room for a message with two paths of the system's largest size. */
#define WHOLE_SIZE 8500

#define GAP "..."

/* Bytes of the UTF-8 character that starts here; 0 where none does (Unicode, table 3-7). */
static size_t character_length(const unsigned char *c) {
    if (c[0] < 0x80)
        return 1;
    if (c[0] < 0xC2 || c[0] > 0xF4)
        return 0;
    const size_t length = c[0] >= 0xF0 ? 4 : c[0] >= 0xE0 ? 3 : 2;
    const unsigned char least = c[0] == 0xE0 ? 0xA0 : c[0] == 0xF0 ? 0x90 : 0x80;
    const unsigned char most = c[0] == 0xED ? 0x9F : c[0] == 0xF4 ? 0x8F : 0xBF;
    if (c[1] < least || c[1] > most)
        return 0;
    for (size_t i = 2; i < length; i++)
        if ((c[i] & 0xC0U) != 0x80U)
            return 0;
    return length;
}

/* A file's name may be any bytes; a message is one line of UTF-8. */
static void make_readable(dlc_error *error) {
    unsigned char *c = (unsigned char *)error->text;
    while (*c) {
        const size_t length = character_length(c);
        if (length == 0 || *c < 0x20 || *c == 0x7F)
            *c = '?';
        c += length > 0 ? length : 1;
    }
}

static int is_inside_character(char c) {
    return ((unsigned char)c & 0xC0U) == 0x80U;
}

/* What is too long loses its middle, which is mostly that of a path; of a monster the end is not known. No character is
 * cut in two, where there are characters. */
static void cut(dlc_error *error, const char *whole, size_t length) {
    const size_t room = sizeof error->text - sizeof GAP, tail = length < WHOLE_SIZE ? room / 2 : 0;
    size_t head = room - tail, rest = length < WHOLE_SIZE ? length - tail : WHOLE_SIZE - 1;
    for (int i = 0; i < 3 && is_inside_character(whole[head]); i++)
        head--;
    for (int i = 0; i < 3 && is_inside_character(whole[rest]); i++)
        rest++;
    memcpy(error->text, whole, head);
    strcpy(error->text + head, GAP);
    strcat(error->text, whole + rest);
}

dlc_status dlc_fail(dlc_error *error, dlc_status status, const char *format, ...) {
    char whole[WHOLE_SIZE] = "";
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(whole, sizeof whole, format, arguments);
    va_end(arguments);
    if (length < (int)sizeof error->text)
        memcpy(error->text, whole, length < 0 ? 1 : (size_t)length + 1);
    else
        cut(error, whole, (size_t)length);
    make_readable(error);
    return status;
}

dlc_status dlc_fail_memory(dlc_error *error, const char *what) {
    return dlc_fail(error, DLC_ERROR_MEMORY, "out of memory for %s", what);
}

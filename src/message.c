/* message.c - see message.h. */
#include "message.h"

#include <stdarg.h>
#include <stdio.h>

static char printable(char c) {
    return (unsigned char)c < 0x20 || c == 0x7F ? '?' : c;
}

__attribute__((format(printf, 1, 0))) static void print_line(const char *format, va_list arguments, const char *end) {
    char text[4096];
    vsnprintf(text, sizeof text, format, arguments);
    for (char *c = text; *c; c++)
        *c = printable(*c);
    fprintf(stderr, "dlc: %s%s\n", text, end);
}

int failed(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    print_line(format, arguments, "");
    va_end(arguments);
    return EXIT_FAILED;
}

int wrong_usage(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    print_line(format, arguments, " (see 'dlc help')");
    va_end(arguments);
    return EXIT_USAGE;
}

void print_name(const char *name) {
    for (; *name; name++)
        putchar(printable(*name));
}

/* report_html.c - see report_html.h. */
#include "report_html.h"

#include <string.h>

static const char replacement[] = "\xEF\xBF\xBD";

/* Reads one character; returns its length in bytes, 0 where there is none in UTF-8 (RFC 3629: shortest forms, no
 * surrogates, up to U+10FFFF). */
static int utf8_length(const unsigned char *text, uint32_t *code) {
    if (text[0] < 0x80) {
        *code = text[0];
        return 1;
    }
    const int length = text[0] >= 0xF0 ? 4 : text[0] >= 0xE0 ? 3 : 2;
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (text[0] < 0xC2 || text[0] > 0xF4)
        return 0;
    *code = text[0] & (0xFFU >> (length + 1));
    for (int i = 1; i < length; i++) {
        if ((text[i] & 0xC0) != 0x80)
            return 0;
        *code = *code << 6 | (text[i] & 0x3FU);
    }
    const int is_surrogate = *code >= 0xD800 && *code <= 0xDFFF;
    return *code < least[length] || *code > 0x10FFFF || is_surrogate ? 0 : length;
}

/* Characters that HTML does not allow in text. */
static int is_forbidden(uint32_t code) {
    return (code < 0x20 && code != '\t' && code != '\n') || (code >= 0x7F && code <= 0x9F) ||
           (code & 0xFFFE) == 0xFFFE || (code >= 0xFDD0 && code <= 0xFDEF);
}

static const char *entity(uint32_t code) {
    switch (code) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

/* size bytes of a text that goes on or ends there. */
static void write_span(FILE *out, const char *text, size_t size) {
    const unsigned char *at = (const unsigned char *)text, *end = at + size;
    while (at < end) {
        uint32_t code = 0;
        const int length = utf8_length(at, &code);
        const char *named = length == 1 ? entity(code) : NULL;
        if (length == 0 || is_forbidden(code))
            fputs(replacement, out);
        else if (named)
            fputs(named, out);
        else
            fwrite(at, 1, (size_t)length, out);
        at += length == 0 ? 1 : length;
    }
}

void html_text(FILE *out, const char *text) {
    write_span(out, text, strlen(text));
}

void html_name(FILE *out, const char *name) {
    fputs("<bdi>", out);
    html_text(out, name);
    fputs("</bdi>", out);
}

void html_shell_word(FILE *out, const char *word) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=:,./@%";
    if (*word && word[strspn(word, plain)] == '\0') {
        html_text(out, word);
        return;
    }
    fputs("&#39;", out);
    for (const char *quote; (quote = strchr(word, '\'')); word = quote + 1) {
        write_span(out, word, (size_t)(quote - word));
        fputs("&#39;\\&#39;&#39;", out);
    }
    html_text(out, word);
    fputs("&#39;", out);
}

void html_base64(FILE *out, const unsigned char *bytes, size_t size) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < size; i += 3) {
        const size_t left = size - i;
        const uint32_t group = (uint32_t)bytes[i] << 16 | (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
                               (left > 2 ? (uint32_t)bytes[i + 2] : 0);
        const char four[4] = {digits[group >> 18], digits[group >> 12 & 63], left > 1 ? digits[group >> 6 & 63] : '=',
                              left > 2 ? digits[group & 63] : '='};
        fwrite(four, 1, sizeof four, out);
    }
}

void html_count(FILE *out, int64_t count) {
    char digits[32];
    const int length = snprintf(digits, sizeof digits, "%lld", (long long)count);
    for (int i = 0; i < length; i++) {
        fputc(digits[i], out);
        if ((length - i) % 3 == 1 && i + 1 < length)
            fputc(',', out);
    }
}

void html_plural(FILE *out, int64_t count, const char *one, const char *many) {
    html_count(out, count);
    fprintf(out, " %s", count == 1 ? one : many);
}

void html_share(FILE *out, double part, double whole) {
    if (whole > 0)
        fprintf(out, "%.1f&nbsp;%%", 100 * part / whole);
    else
        fputs("&ndash;", out);
}

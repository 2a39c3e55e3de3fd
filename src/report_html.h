/*
 * report_html.h - text and numbers into an HTML file. What a name holds never becomes markup.
 *
 * Nothing here reports errors: whoever closes the file asks it (ferror).
 */
#ifndef DLC_SRC_REPORT_HTML_H
#define DLC_SRC_REPORT_HTML_H

#include <stdint.h>
#include <stdio.h>

/* Any bytes as text, in an element or in a quoted attribute: markup escaped, control characters and what is not UTF-8
 * replaced by U+FFFD. */
void html_text(FILE *out, const char *text);

/* A name in its own direction of writing, so that it cannot turn the text around it. */
void html_name(FILE *out, const char *name);

/* A word of a command line, quoted for the shell where it must be. */
void html_shell_word(FILE *out, const char *word);

/* Bytes as base64, for data: addresses. */
void html_base64(FILE *out, const unsigned char *bytes, size_t size);

/* 12,345 */
void html_count(FILE *out, int64_t count);

/* "1 sample", "12,345 samples" */
void html_plural(FILE *out, int64_t count, const char *one, const char *many);

/* part of whole in percent, as "7.3 %"; "-" for none of none. */
void html_share(FILE *out, double part, double whole);

#endif

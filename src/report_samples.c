/*
 * report_samples.c - the easiest and the hardest samples of each class, with pictures, scores and names. Called by
 * report_page.c.
 */
#include "report_html.h"
#include "report_page.h"

#include <stdlib.h>
#include <string.h>

/* Wider pictures are photographs, and smoothed when they are drawn larger or smaller. */
enum { TINY = 64 };

static void write_picture(FILE *out, const report_page *page, int64_t sample) {
    const report_data *data = page->data;
    const char *kept = data->kept && data->kept[sample] ? "is-kept" : "";
    size_t size = 0;
    int64_t width = 0;
    unsigned char *png = report_thumbnail(page->thumbs, sample, &size, &width);
    if (png) {
        fprintf(out, "<img class=\"%s %s\" src=\"data:image/png;base64,", kept, width < TINY ? "tiny" : "");
        html_base64(out, png, size);
        fputs("\" alt=\"\">", out);
    } else {
        fprintf(out, "<span class=\"none %s\">no picture</span>", kept);
    }
    free(png);
}

/* The class's name says the folder; below it the rest of the path tells samples apart. */
static const char *short_path(const char *path) {
    const char *slash = strchr(path, '/');
    return slash ? slash + 1 : path;
}

static void write_sample(FILE *out, const report_page *page, int64_t sample) {
    const report_data *data = page->data;
    fputs("<li title=\"", out);
    html_text(out, data->paths[sample]);
    fputs("\">", out);
    write_picture(out, page, sample);
    fprintf(out, "<b>%.*f</b><span class=\"file\">", page->axis.decimals, (double)data->scores[sample]);
    html_name(out, short_path(data->paths[sample]));
    fputs("</span>", out);
    if (data->kept && data->kept[sample])
        fputs("<span class=\"tag kept\">kept</span>", out);
    if (data->correct && data->correct[sample] == 0)
        fputs("<span class=\"tag\">other class</span>", out);
    fputs("</li>\n", out);
}

/* No sample is in both lists, so a small class gives fewer. */
static void write_class(FILE *out, const report_page *page, int64_t class_id) {
    const report_class *class = &page->data->classes[class_id];
    const int64_t half = (class->samples + 1) / 2;
    const int64_t easiest = half < page->pictures ? half : page->pictures;
    const int64_t hardest = class->samples - half < page->pictures ? class->samples - half : page->pictures;
    fprintf(out, "<section class=\"group\" id=\"class-%lld\"><header><h3>", (long long)class_id);
    html_name(out, class->name);
    fputs("</h3><span class=\"soft\">", out);
    html_plural(out, class->samples, "sample", "samples");
    fprintf(out, ", mean score %.*f</span></header>\n", page->axis.decimals, class->mean);
    if (easiest > 0)
        fprintf(out, "<p class=\"end easy\">%s</p><ol class=\"thumbs\">\n",
                class->samples > 1 ? "Easiest, from the easiest on" : "The only one");
    for (int64_t i = 0; i < easiest; i++)
        write_sample(out, page, class->order[i]);
    if (easiest > 0)
        fputs("</ol>\n", out);
    if (hardest > 0)
        fputs("<p class=\"end hard\">Hardest, from the hardest on</p><ol class=\"thumbs\">\n", out);
    for (int64_t i = 1; i <= hardest; i++)
        write_sample(out, page, class->order[class->samples - i]);
    if (hardest > 0)
        fputs("</ol>\n", out);
    fputs("</section>\n", out);
}

void report_samples_write(FILE *out, const report_page *page) {
    const report_data *data = page->data;
    fputs(
        "<section id=\"samples\"><h2>Easiest and hardest samples</h2>\n<p class=\"soft\">The easiest should look like "
        "what their class is known for. Among the hardest look for wrong labels, odd crops and images that show "
        "nothing of their class. Under each picture: its score and file.",
        out);
    if (data->kept)
        fputs(" Framed and tagged &#8220;kept&#8221;: in the selection.", out);
    if (data->correct)
        fputs(" Tagged &#8220;other class&#8221;: nearer to the centroid of another class at every level.", out);
    fputs("</p>\n", out);
    if (page->shown_count < data->class_count) {
        fputs("<p class=\"soft\">", out);
        html_count(out, page->shown_count);
        fputs(" of ", out);
        html_count(out, data->class_count);
        fputs(" classes are shown: those with the lowest and those with the highest mean scores.</p>\n", out);
    }
    for (int64_t i = 0; i < page->shown_count; i++)
        write_class(out, page, page->shown[i]);
    fputs("</section>\n", out);
}

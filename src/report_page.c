/* report_page.c - see report_page.h: the page as a whole, its head and its drawings of scores. */
#include "report_page.h"

#include "message.h"
#include "report_html.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* At most so many classes are drawn and pictured, so that a page of many classes still opens. */
enum { PICTURES = 8, CLASSES_WITH_ALL = 24, CLASSES_SHOWN = 48, CLASSES_NAMED = 12 };

static const char *base_name(const char *path) {
    size_t length = path ? strlen(path) : 0;
    while (length > 1 && path[length - 1] == '/')
        length--;
    while (length > 0 && path[length - 1] != '/')
        length--;
    return path ? path + length : "";
}

/* ---- Head ---- */

static void write_classes(FILE *out, const report_data *data) {
    const int64_t named = data->class_count < CLASSES_NAMED ? data->class_count : CLASSES_NAMED;
    for (int64_t class_id = 0; class_id < named; class_id++) {
        fputs(class_id ? ", " : ": ", out);
        html_name(out, data->classes[class_id].name);
    }
    if (named < data->class_count) {
        fputs(" and ", out);
        html_plural(out, data->class_count - named, "other", "others");
    }
}

/* What a score is, by the observation. */
static const char *score_text(const char *observe) {
    if (observe && strcmp(observe, "correct") == 0)
        return "the share of levels at which the nearest centroid is not its label&#8217;s";
    if (observe && strcmp(observe, "confidence") == 0)
        return "one minus its mean confidence over these levels";
    if (observe && strcmp(observe, "margin") == 0)
        return "its mean margin over these levels, with the sign turned";
    return "the mean of its loss over these levels";
}

static void write_lead(FILE *out, const report_data *data) {
    const report_record *record = &data->record;
    fputs("<p class=\"lead\">", out);
    if (record->folder) {
        fputs("The folder <code>", out);
        html_text(out, record->folder);
        fputs("</code> holds ", out);
    } else {
        fputs("The run holds ", out);
    }
    html_plural(out, data->samples, "sample", "samples");
    fputs(" of ", out);
    html_plural(out, data->class_count, "class", "classes");
    write_classes(out, data);
    fputs(". ", out);
    if (record->encoder) {
        fputs("The encoder <code>", out);
        html_text(out, base_name(record->encoder));
        fputs("</code>", out);
        if (record->architecture) {
            fputs(" (", out);
            html_text(out, record->architecture);
            fputs(")", out);
        }
    } else {
        fputs("The encoder", out);
    }
    fputs(" saw each of them at ", out);
    html_plural(out, data->level_count, "level", "levels");
    if (record->schedule) {
        fputs(" of the schedule <code>", out);
        html_text(out, record->schedule);
        fputs("</code>", out);
    }
    if (data->capacities)
        fprintf(out, ", with %.3g&nbsp;%% down to %.3g&nbsp;%% of its weights left", 100 * data->capacities[0],
                100 * data->capacities[data->level_count - 1]);
    if (record->criterion && strcmp(record->criterion, "random") == 0)
        fputs(", masked at random", out);
    else if (record->criterion)
        fputs(", the smallest masked first", out);
    fprintf(out, ".</p>\n<p>A sample&#8217;s score is %s. High is hard: ", score_text(record->observe));
    fputs("the model loses it early, or never had it.</p>\n", out);
}

/* How automatic levels came to an end, round by round. */
static void write_rounds(FILE *out, const report_record *record) {
    if (!(record->agreement > 0))
        return;
    fprintf(
        out,
        "<p>The levels were chosen automatically, round by round, until two rounds in a row ranked the samples alike "
        "(rank correlation within classes %.6g).",
        record->agreement);
    int64_t levels = 0;
    double spearman = NAN;
    for (size_t i = 0; report_record_round(record, i, &levels, &spearman); i++) {
        if (isnan(spearman))
            continue;
        fprintf(out, " %lld levels: %.5f.", (long long)levels, spearman);
    }
    fputs("</p>\n", out);
}

static void write_fact(FILE *out, const char *name, int64_t value) {
    fprintf(out, "<div><dt>%s</dt><dd>", name);
    html_count(out, value);
    fputs("</dd></div>", out);
}

static void write_facts(FILE *out, const report_page *page) {
    const report_data *data = page->data;
    fputs("<dl class=\"facts\">", out);
    write_fact(out, "Samples", data->samples);
    write_fact(out, "Classes", data->class_count);
    write_fact(out, "Levels", data->level_count);
    fprintf(out, "<div><dt>Median score</dt><dd>%.*f</dd></div>", page->axis.decimals,
            (double)data->scores[data->ranking[data->samples / 2]]);
    if (data->kept) {
        fputs("<div><dt>Kept</dt><dd>", out);
        html_count(out, data->kept_count);
        fputs("</dd></div><div><dt>Share kept</dt><dd>", out);
        html_share(out, (double)data->kept_count, (double)data->samples);
        fputs("</dd></div>", out);
    }
    fputs("</dl>\n", out);
}

static void write_head(FILE *out, const report_page *page) {
    const report_data *data = page->data;
    const char *name = base_name(data->record.folder ? data->record.folder : data->run);
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
          "content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light "
          "dark\">\n<title>",
          out);
    html_text(out, name);
    fputs(" - dlc report</title>\n<style>\n", out);
    for (const char *const *rule = report_style; *rule; rule++)
        fputs(*rule, out);
    fputs("</style>\n</head>\n<body>\n<header>\n<p class=\"kicker\">dlc report <code>", out);
    html_text(out, data->run);
    fputs("</code></p>\n<h1>", out);
    html_plural(out, data->samples, "sample", "samples");
    fputs(", from easy to hard</h1>\n", out);
    write_lead(out, data);
    write_rounds(out, &data->record);
    write_facts(out, page);
    fputs("<nav aria-label=\"Sections\"><a href=\"#notes\">Notes</a><a href=\"#scores\">Scores</a><a "
          "href=\"#classes\">Classes</a>",
          out);
    if (data->kept)
        fputs("<a href=\"#selection\">Selection</a>", out);
    fputs(
        "<a href=\"#samples\">Easiest and hardest</a><a href=\"#repeat\">How to repeat</a></nav>\n</header>\n<main>\n",
        out);
}

/* ---- Drawings ---- */

static void write_key(FILE *out, const report_data *data) {
    fprintf(
        out,
        "<ul class=\"key\"><li><svg viewBox=\"0 0 14 10\"><rect class=\"easy\" width=\"14\" height=\"10\"/></svg>easy "
        "interval: the easiest %.4g&nbsp;%% of each class</li><li><svg viewBox=\"0 0 14 10\"><rect class=\"hard\" "
        "width=\"14\" height=\"10\"/></svg>hard interval: the rest</li>",
        100 * data->gamma);
    if (data->kept)
        fputs("<li><svg viewBox=\"0 0 14 10\"><rect class=\"all\" width=\"7\" height=\"10\"/><rect class=\"all faint\" "
              "x=\"7\" width=\"7\" height=\"10\"/></svg>full: kept; pale: left out</li>",
              out);
    fputs("</ul>\n", out);
}

static void write_scores(FILE *out, const report_page *page) {
    const report_data *data = page->data;
    fputs("<section id=\"scores\"><h2>Scores</h2>\n<div class=\"pair\"><figure>\n", out);
    chart_all_scores(out, data, &page->axis);
    fputs("<figcaption>All samples by score. A long tail to the right are hard ones; a second hump there may be wrong "
          "labels. The outermost bars hold all beyond them.",
          out);
    if (data->kept)
        fputs(" Full: kept; pale: left out.", out);
    fputs("</figcaption></figure>\n<figure>\n", out);
    chart_curves(out, data);
    fputs("<figcaption>The mean curve, and those of the easiest and the hardest tenth (", out);
    html_plural(out, data->tenth, "sample", "samples");
    fputs(" each). Lines well apart at every level: the ranking does not hang on a few "
          "levels.</figcaption></figure></div>"
          "</section>\n",
          out);
}

static void write_panels(FILE *out, const report_page *page) {
    const report_data *data = page->data;
    fputs(
        "<section id=\"classes\"><h2>Scores by class</h2>\n<p class=\"soft\">All on the same axis, each scaled to its "
        "own highest bar. A class far to the right is hard as a whole, or mixed up with another.",
        out);
    if (page->shown_count < data->class_count) {
        fputs(" Drawn: ", out);
        html_count(out, page->shown_count);
        fputs(" of ", out);
        html_count(out, data->class_count);
        fputs(" classes, those with the lowest and those with the highest mean scores; the table has all of them.",
              out);
    }
    fputs("</p>\n", out);
    write_key(out, data);
    fputs("<div class=\"panels\">\n", out);
    for (int64_t i = 0; i < page->shown_count; i++) {
        const report_class *class = &data->classes[page->shown[i]];
        fputs("<figure><h3>", out);
        html_name(out, class->name);
        fprintf(out, "<span>mean %.*f</span></h3>", page->axis.decimals, class->mean);
        chart_class_scores(out, data, &page->axis, class);
        fputs("</figure>\n", out);
    }
    fputs("</div>\n", out);
    report_classes_write(out, page);
    fputs("</section>\n", out);
}

/* ---- The whole ---- */

typedef struct class_mean {
    double mean;
    int64_t class_id;
} class_mean;

static int by_mean(const void *a, const void *b) {
    const class_mean *x = a, *y = b;
    if (x->mean != y->mean)
        return x->mean < y->mean ? -1 : 1;
    return (x->class_id > y->class_id) - (x->class_id < y->class_id);
}

static int choose_classes(report_page *page) {
    const report_data *data = page->data;
    const int64_t count = data->class_count, shown = count < CLASSES_SHOWN ? count : CLASSES_SHOWN;
    class_mean *means = malloc((size_t)count * sizeof *means);
    page->shown = malloc((size_t)shown * sizeof *page->shown);
    if (!means || !page->shown) {
        free(means);
        return failed("%s: out of memory", data->run);
    }
    for (int64_t class_id = 0; class_id < count; class_id++)
        means[class_id] = (class_mean){data->classes[class_id].mean, class_id};
    qsort(means, (size_t)count, sizeof *means, by_mean);
    for (int64_t i = 0; i < shown; i++)
        page->shown[i] = shown == count ? i : means[i < shown / 2 ? i : count - shown + i].class_id;
    page->shown_count = shown;
    page->pictures = count <= CLASSES_WITH_ALL ? PICTURES : PICTURES / 2;
    free(means);
    return EXIT_DONE;
}

int report_page_write(FILE *out, const report_data *data, report_thumbs *thumbs) {
    report_page page = {.data = data, .thumbs = thumbs, .axis = score_axis_of(data)};
    const int status = choose_classes(&page);
    if (status == EXIT_DONE) {
        write_head(out, &page);
        report_notes_write(out, &page);
        write_scores(out, &page);
        write_panels(out, &page);
        if (data->kept)
            report_selection_write(out, &page);
        report_samples_write(out, &page);
        report_timings_write(out, &page);
        report_repeat_write(out, &page);
        fputs("</main>\n<footer>Made by dlc ", out);
        html_text(out, dlc_version_string());
        if (data->record.version) {
            fputs(" from a run of libdlc ", out);
            html_text(out, data->record.version);
        }
        fputs(". Score and intervals as in &#8220;Exploring Learning Complexity for Efficient Downstream Dataset "
              "Pruning&#8221;, arXiv 2402.05356.</footer>\n</body>\n</html>\n",
              out);
    }
    free(page.shown);
    return status;
}

/*
 * report_tables.c - the report's tables: all classes, what a selection keeps, where the time went; and the command that
 * repeats the run. Called by report_page.c.
 */
#include "report_html.h"
#include "report_page.h"

#include <string.h>

static int is_shown(const report_page *page, int64_t class_id) {
    for (int64_t i = 0; i < page->shown_count; i++)
        if (page->shown[i] == class_id)
            return 1;
    return 0;
}

/* The head of a row; a link to the class's pictures if there are any. */
static void write_class_name(FILE *out, const report_page *page, int64_t class_id) {
    const int linked = is_shown(page, class_id);
    fputs("<tr><th scope=\"row\">", out);
    if (linked)
        fprintf(out, "<a href=\"#class-%lld\">", (long long)class_id);
    html_name(out, page->data->classes[class_id].name);
    fprintf(out, "%s</th>", linked ? "</a>" : "");
}

static void cell_count(FILE *out, int64_t count) {
    fputs("<td>", out);
    html_count(out, count);
    fputs("</td>", out);
}

static void cell_share(FILE *out, double part, double whole) {
    fputs("<td>", out);
    html_share(out, part, whole);
    fputs("</td>", out);
}

static void cell_score(FILE *out, const report_page *page, double score, int64_t samples) {
    if (samples > 0)
        fprintf(out, "<td>%.*f</td>", page->axis.decimals, score);
    else
        fputs("<td>&ndash;</td>", out);
}

/* ---- Classes ---- */

static void write_correctness(FILE *out, const report_data *data, int64_t right, int64_t never_right, int64_t samples) {
    if (!data->correct)
        return;
    cell_share(out, (double)right, (double)samples * (double)data->level_count);
    cell_count(out, never_right);
}

void report_classes_write(FILE *out, const report_page *page) {
    const report_data *data = page->data;
    int64_t right = 0, never_right = 0;
    double sum = 0;
    fputs("<div class=\"table\"><table><thead><tr><th scope=\"col\">Class</th><th scope=\"col\">Samples</th><th "
          "scope=\"col\">Mean score</th><th scope=\"col\" class=\"wide\">80&nbsp;% of scores, median</th>",
          out);
    if (data->correct)
        fputs("<th scope=\"col\">Nearest centroid<br>is the label&#8217;s</th><th scope=\"col\">At no "
              "level<br>(samples)</th>",
              out);
    fputs("</tr></thead>\n<tbody>\n", out);
    for (int64_t class_id = 0; class_id < data->class_count; class_id++) {
        const report_class *class = &data->classes[class_id];
        write_class_name(out, page, class_id);
        cell_count(out, class->samples);
        cell_score(out, page, class->mean, class->samples);
        fputs("<td>", out);
        if (class->samples > 0)
            chart_strip(out, &page->axis, class);
        fputs("</td>", out);
        write_correctness(out, data, class->right, class->never_right, class->samples);
        fputs("</tr>\n", out);
        right += class->right;
        never_right += class->never_right;
        sum += class->mean * (double)class->samples;
    }
    fputs("</tbody>\n<tfoot><tr><th scope=\"row\">All</th>", out);
    cell_count(out, data->samples);
    cell_score(out, page, sum / (double)data->samples, data->samples);
    fputs("<td></td>", out);
    write_correctness(out, data, right, never_right, data->samples);
    fputs("</tr></tfoot></table></div>\n", out);
}

/* ---- Selection ---- */

static void write_kept(FILE *out, const report_page *page, const report_class *class) {
    const int64_t kept = class->kept_easy + class->kept_hard;
    cell_count(out, class->samples);
    cell_count(out, kept);
    cell_share(out, (double)kept, (double)class->samples);
    cell_count(out, class->kept_easy);
    cell_count(out, class->kept_hard);
    fputs("<td>", out);
    if (class->samples > 0)
        chart_kept(out, class);
    fputs("</td>", out);
    cell_score(out, page, class->mean, class->samples);
    cell_score(out, page, class->mean_kept, kept);
    fputs("</tr>\n", out);
}

/* All classes as one: only what the table shows of it. */
static report_class sum_of_classes(const report_data *data) {
    report_class all = {0};
    for (int64_t class_id = 0; class_id < data->class_count; class_id++) {
        const report_class *class = &data->classes[class_id];
        all.samples += class->samples;
        all.easy += class->easy;
        all.kept_easy += class->kept_easy;
        all.kept_hard += class->kept_hard;
        all.mean += class->mean * (double)class->samples / (double)data->samples;
        all.mean_kept += class->mean_kept * (double)(class->kept_easy + class->kept_hard) / (double)data->kept_count;
    }
    return all;
}

void report_selection_write(FILE *out, const report_page *page) {
    const report_data *data = page->data;
    const report_class all = sum_of_classes(data);
    fputs("<section id=\"selection\"><h2>What the selection keeps</h2>\n<p class=\"soft\"><code>", out);
    html_text(out, data->select);
    fputs("</code> keeps ", out);
    html_plural(out, data->kept_count, "sample", "samples");
    fputs(", ", out);
    html_share(out, (double)data->kept_count, (double)data->samples);
    fprintf(out,
            ". The easiest %.4g&nbsp;%% of a class are its easy interval, the rest its hard interval. A bar shows the "
            "class "
            "from left to right: easy, hard; full where kept.</p>\n",
            100 * data->gamma);
    fputs(
        "<div class=\"table\"><table><thead><tr><th scope=\"col\">Class</th><th scope=\"col\">Samples</th><th "
        "scope=\"col\">Kept</th><th scope=\"col\">Share</th><th scope=\"col\">Easy</th><th scope=\"col\">Hard</th><th "
        "scope=\"col\" class=\"wide\">Kept of easy and hard</th><th scope=\"col\">Mean score</th><th scope=\"col\">Of "
        "those kept</th></tr></thead>\n<tbody>\n",
        out);
    for (int64_t class_id = 0; class_id < data->class_count; class_id++) {
        write_class_name(out, page, class_id);
        write_kept(out, page, &data->classes[class_id]);
    }
    fputs("</tbody>\n<tfoot><tr><th scope=\"row\">All</th>", out);
    write_kept(out, page, &all);
    fputs("</tfoot></table></div></section>\n", out);
}

/* ---- Timings ---- */

void report_timings_write(FILE *out, const report_page *page) {
    json_t *timings = page->data->record.timings, *seconds = NULL;
    const char *name = NULL;
    double total = 0, longest = 0;
    json_object_foreach(timings, name, seconds) {
        const double value = json_number_value(seconds);
        total += value;
        longest = value > longest ? value : longest;
    }
    if (total <= 0)
        return;
    fputs("<section id=\"time\"><h2>Where the time went</h2>\n<div class=\"table\"><table><thead><tr><th "
          "scope=\"col\">Part</th><th scope=\"col\">Seconds</th><th scope=\"col\">Share</th><th scope=\"col\" "
          "style=\"width:45%\"></th></tr></thead>\n<tbody>\n",
          out);
    json_object_foreach(timings, name, seconds) {
        const double value = json_number_value(seconds);
        fputs("<tr><th scope=\"row\">", out);
        html_text(out, name);
        fprintf(out, "</th><td>%.2f</td>", value);
        cell_share(out, value, total);
        fprintf(out, "<td><span class=\"bar\" style=\"width:%.2f%%\"></span></td></tr>\n", 100 * value / longest);
    }
    fprintf(out, "</tbody>\n<tfoot><tr><th scope=\"row\">All</th><td>%.2f</td><td></td><td></td></tr></tfoot>", total);
    fputs("</table></div></section>\n", out);
}

/* ---- How to repeat ---- */

static void write_flag(FILE *out, const char *flag, const char *value) {
    if (!value || !*value)
        return;
    fprintf(out, " \\\n    %s ", flag);
    html_shell_word(out, value);
}

static void write_number_flag(FILE *out, const char *flag, int64_t value) {
    fprintf(out, " \\\n    %s %lld", flag, (long long)value);
}

/* A flag given once for each of a list of texts. */
static void write_flags(FILE *out, const char *flag, const json_t *values) {
    for (size_t i = 0; i < json_array_size(values); i++)
        write_flag(out, flag, json_string_value(json_array_get(values, i)));
}

/* A flag with a list of numbers. */
static void write_numbers(FILE *out, const char *flag, const json_t *numbers) {
    for (size_t i = 0; i < json_array_size(numbers); i++) {
        if (i == 0)
            fprintf(out, " \\\n    %s ", flag);
        fprintf(out, "%s%.9g", i ? "," : "", json_number_value(json_array_get(numbers, i)));
    }
}

static void write_transform(FILE *out, const report_record *record) {
    if (!record->transform)
        return;
    write_number_flag(out, "--size", record->size);
    write_number_flag(out, "--crop", record->crop);
    write_flag(out, "--interpolation", record->interpolation);
    write_numbers(out, "--mean", json_object_get(record->transform, "mean"));
    write_numbers(out, "--std", json_object_get(record->transform, "std"));
}

static void write_levels(FILE *out, const report_record *record) {
    if (!(record->agreement > 0)) {
        write_flag(out, "--schedule", record->schedule);
        return;
    }
    write_flag(out, "--schedule", "auto");
    fprintf(out, " \\\n    --agreement %.9g", record->agreement);
}

void report_repeat_write(FILE *out, const report_page *page) {
    const report_data *data = page->data;
    const report_record *record = &data->record;
    fputs("<section id=\"repeat\"><h2>How to repeat the run</h2>\n<pre>dlc score", out);
    write_flag(out, "--encoder", record->encoder);
    write_flag(out, "--images", record->folder);
    if (record->skip_broken)
        fputs(" \\\n    --skip-broken", out);
    write_transform(out, record);
    write_flag(out, "--pool", record->pool);
    write_flags(out, "--include", record->include);
    write_flags(out, "--exclude", record->exclude);
    write_levels(out, record);
    write_flag(out, "--criterion", record->criterion);
    write_flag(out, "--seed", record->seed);
    write_flag(out, "--observe", record->observe);
    write_flag(out, "--out-dir", data->run);
    fputs("\ndlc report ", out);
    html_shell_word(out, data->run);
    write_flag(out, "--select", data->select);
    if (data->select)
        fprintf(out, " --gamma %.6g", data->gamma);
    fputs(" \\\n    --out report.html</pre>\n<p class=\"soft\">The whole record of the run, with every level and every "
          "masked "
          "tensor, is <code>",
          out);
    html_text(out, data->run);
    fputs("/run.json</code>.</p></section>\n", out);
}

/* report_charts.c - see report_charts.h. */
#include "report_charts.h"

#include <math.h>
#include <stdlib.h>

enum { BARS_MOST = 48 };

/* A drawing's frame, and the values at its sides. */
typedef struct chart_plot {
    double left, right, top, bottom;
    double x_left, x_right, y_bottom, y_top;
} chart_plot;

static double x_of(const chart_plot *plot, double value) {
    return plot->left + (plot->right - plot->left) * (value - plot->x_left) / (plot->x_right - plot->x_left);
}

static double y_of(const chart_plot *plot, double value) {
    return plot->bottom - (plot->bottom - plot->top) * (value - plot->y_bottom) / (plot->y_top - plot->y_bottom);
}

/* The distance between ticks: 1, 2 or 5 times a power of ten, about `wanted` of them in the range. */
static double tick_step(double range, int wanted) {
    const double rough = range / wanted, power = pow(10, floor(log10(rough))), lead = rough / power;
    return power * (lead < 1.5 ? 1 : lead < 3.5 ? 2 : lead < 7.5 ? 5 : 10);
}

/* Decimals that ticks of this distance need. */
static int tick_decimals(double step) {
    const double digits = ceil(-log10(step) - 1e-9);
    return digits > 0 ? (int)digits : 0;
}

/* Moves the sides of a range apart: by a share of it, or, where it is next to nothing, by one of its values. */
static void widen(double *low, double *high, double share) {
    const double scale = fmax(fabs(*low), fabs(*high)), range = *high - *low;
    const double more = range > 1e-6 * scale ? range * share : scale > 0 ? 0.05 * scale : 0.5;
    *low -= more;
    *high += more;
}

score_axis score_axis_of(const report_data *data) {
    const int64_t last = data->samples - 1, cut = data->samples / 200;
    score_axis axis = {.low = data->scores[data->ranking[cut]], .high = data->scores[data->ranking[last - cut]]};
    widen(&axis.low, &axis.high, 0);
    axis.bars = (int)fmin(BARS_MOST, fmax(8, 2 * cbrt((double)data->samples)));
    axis.decimals = (int)fmin(8, fmax(3, ceil(-log10(axis.high - axis.low)) + 2));
    return axis;
}

/* ---- Histograms ---- */

/* Samples in each bar, from the base upwards: those kept, of the easy and the hard interval, then the others. */
enum { EASY_KEPT, HARD_KEPT, EASY_LEFT, HARD_LEFT, PARTS };
static const char *const by_interval[PARTS] = {"easy", "hard", "easy faint", "hard faint"};
static const char *const in_one_colour[PARTS] = {"all", "", "all faint", ""};

typedef struct chart_histogram {
    int64_t bars[BARS_MOST][PARTS];
    int64_t highest;
} chart_histogram;

/* easy: so many of the class count as easy. */
static void add_class(chart_histogram *histogram, const report_data *data, const score_axis *axis,
                      const report_class *class, int64_t easy) {
    const double width = (axis->high - axis->low) / axis->bars;
    for (int64_t i = 0; i < class->samples; i++) {
        const int64_t sample = class->order[i];
        const double place = floor((data->scores[sample] - axis->low) / width);
        const int bar = (int)fmin(axis->bars - 1, fmax(0, place));
        /* Without a selection nothing is faint. */
        const int is_left = data->kept && !data->kept[sample], is_hard = i >= easy;
        histogram->bars[bar][is_left ? (is_hard ? HARD_LEFT : EASY_LEFT) : (is_hard ? HARD_KEPT : EASY_KEPT)]++;
    }
}

static int64_t height_of(const chart_histogram *histogram, int bar, int parts) {
    int64_t height = 0;
    for (int part = 0; part < parts; part++)
        height += histogram->bars[bar][part];
    return height;
}

static void measure(chart_histogram *histogram, int bars) {
    for (int bar = 0; bar < bars; bar++) {
        const int64_t height = height_of(histogram, bar, PARTS);
        histogram->highest = height > histogram->highest ? height : histogram->highest;
    }
}

static void draw_bars(FILE *out, const chart_plot *plot, const chart_histogram *histogram, int bars,
                      const char *const *colours) {
    const double width = (plot->right - plot->left) / bars;
    for (int part = 0; part < PARTS; part++) {
        int begun = 0;
        for (int bar = 0; bar < bars; bar++) {
            if (histogram->bars[bar][part] == 0)
                continue;
            if (!begun)
                fprintf(out, "<path class=\"%s\" d=\"", colours[part]);
            begun = 1;
            const double base = y_of(plot, (double)height_of(histogram, bar, part));
            const double top = y_of(plot, (double)height_of(histogram, bar, part + 1));
            fprintf(out, "M%.1f,%.2fV%.2fh%.1fV%.2fz", plot->left + bar * width + 0.3, base, top, width - 0.6, base);
        }
        if (begun)
            fputs("\"/>", out);
    }
}

/* Ticks and numbers under a plot, as many of the `wanted` as have room; least_step: 1 for what is counted, else 0. */
static void draw_x_axis(FILE *out, const chart_plot *plot, int wanted, double least_step, double font) {
    const double low = fmin(plot->x_left, plot->x_right), high = fmax(plot->x_left, plot->x_right);
    double step = fmax(least_step, tick_step(high - low, wanted));
    for (; wanted > 1; step = fmax(least_step, tick_step(high - low, --wanted)))
        if ((tick_decimals(step) + 4) * 0.6 * font * (high - low) / step < plot->right - plot->left)
            break;
    for (double k = ceil(low / step); k * step <= high; k++) {
        const double x = x_of(plot, k * step);
        fprintf(out,
                "<line class=\"tick\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/><text x=\"%.1f\" y=\"%.1f\" "
                "text-anchor=\"middle\">%.*f</text>",
                x, x, plot->bottom, plot->bottom + 4, x, plot->bottom + 5 + font, tick_decimals(step), k * step);
    }
    fprintf(out, "<line class=\"base\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>", plot->left, plot->right,
            plot->bottom, plot->bottom);
}

static void draw_y_axis(FILE *out, const chart_plot *plot, int wanted, double least_step) {
    const double step = fmax(least_step, tick_step(plot->y_top - plot->y_bottom, wanted));
    for (double k = ceil(plot->y_bottom / step); k * step <= plot->y_top; k++) {
        const double y = y_of(plot, k * step);
        fprintf(out,
                "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/><text x=\"%.1f\" y=\"%.1f\" "
                "text-anchor=\"end\">%.*f</text>",
                plot->left, plot->right, y, y, plot->left - 6, y + 4, tick_decimals(step), k * step);
    }
}

void chart_all_scores(FILE *out, const report_data *data, const score_axis *axis) {
    chart_histogram histogram = {0};
    for (int64_t class_id = 0; class_id < data->class_count; class_id++)
        add_class(&histogram, data, axis, &data->classes[class_id], data->classes[class_id].samples);
    measure(&histogram, axis->bars);
    const chart_plot plot = {52, 462, 24, 262, axis->low, axis->high, 0, (double)histogram.highest * 1.04};
    fputs("<svg class=\"chart\" viewBox=\"0 0 480 304\" role=\"img\" aria-label=\"Histogram of all scores\">", out);
    draw_y_axis(out, &plot, 4, 1);
    draw_bars(out, &plot, &histogram, axis->bars, in_one_colour);
    draw_x_axis(out, &plot, 5, 0, 12);
    fputs("<text class=\"title\" x=\"4\" y=\"12\">samples</text>"
          "<text class=\"title\" x=\"462\" y=\"299\" text-anchor=\"end\">score (high = hard)</text></svg>\n",
          out);
}

void chart_class_scores(FILE *out, const report_data *data, const score_axis *axis, const report_class *class) {
    chart_histogram histogram = {0};
    add_class(&histogram, data, axis, class, class->easy);
    measure(&histogram, axis->bars);
    const chart_plot plot = {12,        188,        4, 72,
                             axis->low, axis->high, 0, (double)(histogram.highest > 0 ? histogram.highest : 1)};
    fputs("<svg class=\"small\" viewBox=\"0 0 200 90\" role=\"img\" aria-label=\"Histogram of the class's scores\">",
          out);
    draw_bars(out, &plot, &histogram, axis->bars, by_interval);
    draw_x_axis(out, &plot, 4, 0, 10);
    fputs("</svg>", out);
}

/* ---- Curves ---- */

typedef struct curve_line {
    const char *class, *name;
    int group;
    double label; /* where its name stands */
} curve_line;

static double value_of(const report_data *data, const curve_line *line, int64_t level) {
    return data->levels[level].mean[line->group];
}

static int by_label(const void *a, const void *b) {
    const curve_line *x = a, *y = b;
    return (x->label > y->label) - (x->label < y->label);
}

/* Names stand at the ends of their lines, but not on each other. */
static void place_names(const report_data *data, const chart_plot *plot, curve_line *lines, int count) {
    const double gap = 15;
    for (int i = 0; i < count; i++)
        lines[i].label = y_of(plot, value_of(data, &lines[i], data->level_count - 1));
    qsort(lines, (size_t)count, sizeof *lines, by_label);
    for (int i = 1; i < count; i++)
        lines[i].label = fmax(lines[i].label, lines[i - 1].label + gap);
    const double over = lines[count - 1].label - plot->bottom;
    for (int i = 0; over > 0 && i < count; i++)
        lines[i].label -= over;
}

static double level_place(const report_data *data, int64_t level) {
    return data->capacities ? 100 * data->capacities[level] : (double)level;
}

static void draw_curve(FILE *out, const report_data *data, const chart_plot *plot, const curve_line *line) {
    fprintf(out, "<polyline class=\"curve %s\" points=\"", line->class);
    for (int64_t level = 0; level < data->level_count; level++)
        fprintf(out, "%s%.1f,%.1f", level ? " " : "", x_of(plot, level_place(data, level)),
                y_of(plot, value_of(data, line, level)));
    fputs("\"/>", out);
    for (int64_t level = 0; data->level_count <= 17 && level < data->level_count; level++)
        fprintf(out, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"3\"/>", line->class,
                x_of(plot, level_place(data, level)), y_of(plot, value_of(data, line, level)));
    fprintf(out, "<text class=\"name %s\" x=\"%.1f\" y=\"%.1f\">%s</text>", line->class, plot->right + 8,
            line->label + 4, line->name);
}

void chart_curves(FILE *out, const report_data *data) {
    curve_line lines[] = {{"hard", "hardest tenth", GROUP_HARD, 0},
                          {"all", "all samples", GROUP_ALL, 0},
                          {"easy", "easiest tenth", GROUP_EASY, 0}};
    const int count = sizeof lines / sizeof lines[0];
    double low = INFINITY, high = -INFINITY, first = INFINITY, last = -INFINITY;
    for (int64_t level = 0; level < data->level_count; level++) {
        first = fmin(first, level_place(data, level));
        last = fmax(last, level_place(data, level));
        for (int i = 0; i < count; i++) {
            low = fmin(low, value_of(data, &lines[i], level));
            high = fmax(high, value_of(data, &lines[i], level));
        }
    }
    widen(&low, &high, 0.06);
    widen(&first, &last, 0); /* one level, or several of the same capacity */
    chart_plot plot = {52, 368, 24, 262, first, last, low, high};
    if (data->capacities) { /* masking goes on to the right */
        plot.x_left = last;
        plot.x_right = first;
    }
    fputs("<svg class=\"chart\" viewBox=\"0 0 480 304\" role=\"img\" aria-label=\"Mean curves over the levels\">", out);
    draw_y_axis(out, &plot, 5, 0);
    draw_x_axis(out, &plot, 6, data->capacities ? 0 : 1, 12);
    place_names(data, &plot, lines, count);
    for (int i = 0; i < count; i++)
        draw_curve(out, data, &plot, &lines[i]);
    fprintf(out,
            "<text class=\"title\" x=\"4\" y=\"12\">mean %s</text>"
            "<text class=\"title\" x=\"368\" y=\"299\" text-anchor=\"end\">%s</text></svg>\n",
            data->record.observe ? data->record.observe : "observation",
            data->capacities ? "% of weights left (masked more to the right)" : "level");
}

/* ---- In tables ---- */

void chart_strip(FILE *out, const score_axis *axis, const report_class *class) {
    const chart_plot plot = {4, 136, 0, 14, axis->low, axis->high, 0, 1};
    const double low = fmax(plot.left, x_of(&plot, class->low)), high = fmin(plot.right, x_of(&plot, class->high));
    fprintf(out,
            "<svg class=\"strip\" viewBox=\"0 0 140 14\" aria-hidden=\"true\"><line class=\"grid\" x1=\"4\" x2=\"136\" "
            "y1=\"7\" y2=\"7\"/><line class=\"range\" x1=\"%.1f\" x2=\"%.1f\" y1=\"7\" y2=\"7\"/><circle "
            "class=\"middle\" cx=\"%.1f\" cy=\"7\" r=\"4\"/></svg>",
            low, high, fmin(plot.right, fmax(plot.left, x_of(&plot, class->middle))));
}

static void draw_kept(FILE *out, const char *class, double left, double width, double part, double whole) {
    fprintf(out, "<rect class=\"%s faint\" x=\"%.2f\" width=\"%.2f\" height=\"10\"/>", class, left, width);
    if (whole > 0)
        fprintf(out, "<rect class=\"%s\" x=\"%.2f\" width=\"%.2f\" height=\"10\"/>", class, left, width * part / whole);
}

void chart_kept(FILE *out, const report_class *class) {
    const double easy = (double)class->easy, hard = (double)(class->samples - class->easy), width = 100 / (easy + hard);
    fputs("<svg class=\"kept\" viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">", out);
    draw_kept(out, "easy", 0, easy * width, (double)class->kept_easy, easy);
    draw_kept(out, "hard", easy * width, hard * width, (double)class->kept_hard, hard);
    fputs("</svg>", out);
}

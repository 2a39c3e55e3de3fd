/*
 * report_notes.c - where something looks wrong with a run. Counts and judges; changes nothing. Called by report_page.c.
 *
 * The limits are rules of thumb: each note says what it saw, so that a reader can judge too.
 */
#include "report_html.h"
#include "report_page.h"

#include <math.h>
#include <string.h>

enum { NAMES_MOST = 8 };

/* A list that opens with its first note. */
typedef struct note_list {
    FILE *out;
    int count;
} note_list;

static FILE *begin(note_list *notes, const char *title) {
    if (notes->count++ == 0)
        fputs("<section class=\"notes\" id=\"notes\"><h2>Worth a look</h2><ul>\n", notes->out);
    fprintf(notes->out, "<li><strong>%s</strong> ", title);
    return notes->out;
}

static void end(note_list *notes) {
    fputs("</li>\n", notes->out);
}

/* Between the entries of a list, of which `more` are not named. */
static void separate(FILE *out, int64_t i) {
    if (i > 0)
        fputs(", ", out);
}

static void close_names(FILE *out, int64_t count) {
    if (count <= NAMES_MOST)
        return;
    fputs(" and ", out);
    html_count(out, count - NAMES_MOST);
    fputs(" more", out);
}

/* Scores differ too little, or too few of them do. */
static void note_flat(note_list *notes, const report_data *data) {
    const int64_t last = data->samples - 1, tenth = data->samples / 10;
    const double low = data->scores[data->ranking[tenth]], high = data->scores[data->ranking[last - tenth]];
    int64_t distinct = 1;
    for (int64_t i = 1; i < data->samples; i++)
        distinct += data->scores[data->ranking[i]] != data->scores[data->ranking[i - 1]];
    if (data->samples < 2)
        return;
    if (high - low < 1e-3 * fmax(fabs(low), fabs(high))) {
        FILE *out = begin(notes, "The scores are nearly flat.");
        fprintf(
            out,
            "Eight of ten samples lie between %.9g and %.9g. So little difference may be noise: does the encoder fit "
            "the images, and does the schedule mask enough?",
            low, high);
        end(notes);
    } else if (distinct <= data->samples / 2) {
        FILE *out = begin(notes, "Many scores are the same.");
        html_count(out, data->samples);
        fputs(" samples have ", out);
        html_plural(out, distinct, "different score", "different scores");
        fputs("; among equals the order of the samples decides which count as easy.", out);
        end(notes);
    }
}

static void note_separation(note_list *notes, const report_data *data) {
    if (data->class_count == 1) {
        begin(notes, "There is only one class.");
        fputs("A sample&#8217;s loss compares its own class with the others, so these scores say nothing.", notes->out);
        end(notes);
        return;
    }
    if (!data->correct)
        return;
    double right = 0;
    for (int64_t i = 0; i < data->samples; i++)
        right += data->correct[i];
    const double share = right / ((double)data->samples * (double)data->level_count);
    const double chance = 1 / (double)data->class_count;
    if (share < chance + 0.1 * (1 - chance) && share < 3 * chance) {
        FILE *out = begin(notes, "The centroids barely separate the classes.");
        fputs("Over all levels the nearest centroid is the label's in ", out);
        html_share(out, share, 1);
        fputs(" of the cases; guessing gives ", out);
        html_share(out, chance, 1);
        fputs(
            ". With such features the scores say little: is this the right encoder, are its inputs as it was trained, "
            "are the labels in order?",
            out);
        end(notes);
    }
}

static void note_rounds(note_list *notes, const report_record *record) {
    int64_t levels = 0;
    double spearman = NAN;
    if (!(record->agreement > 0))
        return;
    for (size_t i = 0; report_record_round(record, i, &levels, &spearman); i++)
        continue;
    if (spearman >= record->agreement)
        return;
    FILE *out = begin(notes, "The automatic levels did not settle.");
    if (isnan(spearman))
        fputs("No two rounds could be compared", out);
    else
        fprintf(out, "The last two rounds agree to %.5f, below %.6g", spearman, record->agreement);
    fprintf(out,
            ", so every one of %lld levels was visited: the scores are those of the whole schedule, but no time was "
            "saved.",
            (long long)levels);
    end(notes);
}

static void note_small_classes(note_list *notes, const report_data *data) {
    int64_t count = 0;
    FILE *out = notes->out;
    for (int64_t class_id = 0; class_id < data->class_count; class_id++) {
        if (data->classes[class_id].samples != 1)
            continue;
        if (count == 0)
            begin(notes, "Classes of one sample:");
        if (count < NAMES_MOST) {
            separate(out, count);
            html_name(out, data->classes[class_id].name);
        }
        count++;
    }
    if (count == 0)
        return;
    close_names(out, count);
    fputs(". Such a sample is its own centroid, so it looks easier than it is.", out);
    end(notes);
}

/* Whether a larger share of x than of y is never right. */
static int is_worse(const report_class *x, const report_class *y) {
    return (double)x->never_right / (double)x->samples > (double)y->never_right / (double)y->samples;
}

/* The worst first; needs no memory, so that no shortage can leave them out. */
static void name_classes_never_right(FILE *out, const report_data *data) {
    const report_class *worst[NAMES_MOST + 1]; /* one more to push out */
    int64_t count = 0;
    for (int64_t class_id = 0; class_id < data->class_count; class_id++) {
        const report_class *class = &data->classes[class_id];
        if (class->never_right == 0)
            continue;
        int64_t place = count < NAMES_MOST ? count : NAMES_MOST;
        for (; place > 0 && is_worse(class, worst[place - 1]); place--)
            worst[place] = worst[place - 1];
        worst[place] = class;
        count++;
    }
    for (int64_t i = 0; i < count && i < NAMES_MOST; i++) {
        separate(out, i);
        html_name(out, worst[i]->name);
        fputs(" ", out);
        html_count(out, worst[i]->never_right);
        fputs(" of ", out);
        html_count(out, worst[i]->samples);
    }
    close_names(out, count);
}

/* The hardest of them by name; all of them have a tag under their pictures. */
static void name_samples_never_right(FILE *out, const report_data *data, int64_t count) {
    int64_t named = 0;
    for (int64_t i = data->samples - 1; i >= 0 && named < NAMES_MOST; i--) {
        const int64_t sample = data->ranking[i];
        if (data->correct[sample] != 0)
            continue;
        separate(out, named++);
        html_name(out, data->paths[sample]);
    }
    close_names(out, count);
}

static void note_never_right(note_list *notes, const report_data *data) {
    int64_t count = 0;
    for (int64_t class_id = 0; class_id < data->class_count; class_id++)
        count += data->classes[class_id].never_right;
    if (count == 0)
        return;
    /* Labels are seldom wrong that often. */
    const int many = count > data->samples / 10;
    FILE *out = begin(notes, many ? "Many samples lie with another class." : "Some samples look mislabelled.");
    html_count(out, count);
    fprintf(out, " (");
    html_share(out, (double)count, (double)data->samples);
    fputs(") lie nearer to another class&#8217;s centroid at every level. By class: <span class=\"names\">", out);
    name_classes_never_right(out, data);
    fputs("</span>. The hardest of them: <span class=\"names\">", out);
    name_samples_never_right(out, data, count);
    fputs(
        many
            ? "</span>. For wrong labels these are many: rather the encoder cannot tell the classes apart. Look at the "
              "pictures tagged &#8220;other class&#8221;, hardest first."
            : "</span>. Either the label is wrong, or the encoder cannot tell these classes apart: look at the "
              "pictures tagged &#8220;other class&#8221;.",
        out);
    end(notes);
}

static void note_skipped(note_list *notes, const report_record *record) {
    const int64_t count = (int64_t)json_array_size(record->skipped);
    if (count == 0)
        return;
    FILE *out = begin(notes, "Files were skipped.");
    html_plural(out, count, "file of the folder was", "files of the folder were");
    fputs(" not scored: <span class=\"names\">", out);
    for (int64_t i = 0; i < count && i < NAMES_MOST; i++) {
        const char *path = "", *reason = "";
        report_record_skipped(record, (size_t)i, &path, &reason);
        separate(out, i);
        html_name(out, path);
        fputs(" (", out);
        html_text(out, reason);
        fputs(")", out);
    }
    close_names(out, count);
    fputs("</span>.", out);
    end(notes);
}

static void note_pictures(note_list *notes, const report_page *page) {
    const report_thumbs *thumbs = page->thumbs;
    if (thumbs->problem[0]) {
        FILE *out = begin(notes, "There are no pictures.");
        fputs("The images cannot be read again: <span class=\"names\">", out);
        html_text(out, thumbs->problem);
        fputs("</span>.", out);
        end(notes);
    } else if (thumbs->gone > 0 || thumbs->added > 0) {
        FILE *out = begin(notes, "The folder of images has changed since the run.");
        html_plural(out, thumbs->gone, "sample is gone", "samples are gone");
        fputs(", ", out);
        html_plural(out, thumbs->added, "image is new.", "images are new.");
        end(notes);
    }
}

void report_notes_write(FILE *out, const report_page *page) {
    const report_data *data = page->data;
    note_list notes = {out, 0};
    note_flat(&notes, data);
    note_separation(&notes, data);
    note_rounds(&notes, &data->record);
    note_small_classes(&notes, data);
    note_never_right(&notes, data);
    note_skipped(&notes, &data->record);
    note_pictures(&notes, page);
    if (notes.count > 0)
        fputs("</ul>", out);
    else
        fputs("<section class=\"notes fine\" id=\"notes\"><h2>Nothing looks wrong</h2><p>The scores differ, every "
              "class has more than one sample, and no file was skipped.</p>",
              out);
    if (!data->correct)
        fputs(
            "<p class=\"soft\">How well the centroids separate the classes, and which samples look mislabelled, is not "
            "known: this run has no correct.npy.</p>",
            out);
    else if (notes.count == 0)
        fputs("<p>The centroids separate the classes, and no sample looks mislabelled.</p>", out);
    fputs("</section>\n", out);
}

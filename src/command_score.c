/*
 * command_score.c - `dlc score`: reads the command line and hands over to one of the three forms.
 */
#include "commands.h"
#include "flags.h"
#include "message.h"
#include "score_options.h"

#include <string.h>

const char *const observation_words[] = {"loss", "correct", "confidence", "margin", NULL};
const char *const pooling_words[] = {"token", "mean", NULL};

/* Which form a flag belongs to; a flag may belong to several. */
enum { FEATURES = 1, LOSSES = 2, IMAGES = 4, ALL_FORMS = 7 };

enum {
    FLAG_FEATURES = FLAG_OWN,
    FLAG_LOSSES,
    FLAG_LABELS,
    FLAG_CENTROIDS,
    FLAG_OUT,
    FLAG_CURVES,
    FLAG_ENCODER,
    FLAG_IMAGES,
    FLAG_OUT_DIR,
    FLAG_OBSERVE,
    FLAG_THREADS,
    FLAG_BATCH,
    FLAG_MEMORY_LIMIT,
    FLAG_SKIP_BROKEN,
    FLAG_AGREEMENT,
    FLAG_POOL,
    FLAG_CHECKPOINT
};

static const struct option flags[] = {
    {"features", required_argument, NULL, FLAG_FEATURES},
    {"losses", required_argument, NULL, FLAG_LOSSES},
    {"labels", required_argument, NULL, FLAG_LABELS},
    {"centroids", required_argument, NULL, FLAG_CENTROIDS},
    {"out", required_argument, NULL, FLAG_OUT},
    {"curves", required_argument, NULL, FLAG_CURVES},
    {"encoder", required_argument, NULL, FLAG_ENCODER},
    {"images", required_argument, NULL, FLAG_IMAGES},
    {"out-dir", required_argument, NULL, FLAG_OUT_DIR},
    {"observe", required_argument, NULL, FLAG_OBSERVE},
    {"threads", required_argument, NULL, FLAG_THREADS},
    {"batch", required_argument, NULL, FLAG_BATCH},
    {"memory-limit", required_argument, NULL, FLAG_MEMORY_LIMIT},
    {"skip-broken", no_argument, NULL, FLAG_SKIP_BROKEN},
    {"checkpoint", required_argument, NULL, FLAG_CHECKPOINT},
    {"agreement", required_argument, NULL, FLAG_AGREEMENT},
    {"pool", required_argument, NULL, FLAG_POOL},
    MASKING_FLAGS,
    TRANSFORM_FLAGS,
    FLAGS_COMMON,
};

/* The forms that each flag goes with, for the check afterwards. */
static int forms_of(int flag) {
    switch (flag) {
    case FLAG_FEATURES:
    case FLAG_LABELS:
    case FLAG_CENTROIDS:
    case FLAG_CURVES:
        return FEATURES;
    case FLAG_LOSSES:
        return LOSSES;
    case FLAG_OUT:
        return FEATURES | LOSSES;
    case FLAG_OBSERVE:
        return FEATURES | IMAGES;
    case FLAG_THREADS:
    case FLAG_QUIET:
        return ALL_FORMS;
    default:
        return IMAGES;
    }
}

typedef struct command_line {
    score_options options;
    int forms;             /* those that every flag so far goes with */
    const char *last_flag; /* the first flag that left no form */
} command_line;

static const char *name_of(int flag) {
    int i = 0;
    while (flags[i].val != flag)
        i++;
    return flags[i].name;
}

static int take_agreement(const char *value, double *out) {
    const int status = flag_double("--agreement", value, out);
    if (status == EXIT_DONE && !(*out > 0 && *out <= 1))
        return wrong_usage("--agreement %s: not above 0 and at most 1", value);
    return status;
}

static int take(void *user, int flag, const char *value) {
    command_line *line = user;
    score_options *options = &line->options;
    if ((line->forms & forms_of(flag)) == 0 && !line->last_flag)
        line->last_flag = name_of(flag);
    line->forms &= forms_of(flag);
    switch (flag) {
    case FLAG_FEATURES:
        options->features = value;
        return EXIT_DONE;
    case FLAG_LOSSES:
        options->losses = value;
        return EXIT_DONE;
    case FLAG_LABELS:
        options->labels = value;
        return EXIT_DONE;
    case FLAG_CENTROIDS:
        options->centroids = value;
        return EXIT_DONE;
    case FLAG_OUT:
        options->out = value;
        return EXIT_DONE;
    case FLAG_CURVES:
        options->curves = value;
        return EXIT_DONE;
    case FLAG_ENCODER:
        options->encoder = value;
        return EXIT_DONE;
    case FLAG_IMAGES:
        options->images = value;
        return EXIT_DONE;
    case FLAG_OUT_DIR:
        options->out_dir = value;
        return EXIT_DONE;
    case FLAG_OBSERVE:
        return flag_choice("--observe", value, observation_words, &options->observation);
    case FLAG_THREADS:
        return flag_int64("--threads", value, 1, 1024, &options->threads);
    case FLAG_BATCH:
        return flag_int64("--batch", value, 1, INT32_MAX, &options->batch);
    case FLAG_MEMORY_LIMIT:
        return flag_int64("--memory-limit", value, 1, INT64_MAX, &options->memory_limit);
    case FLAG_SKIP_BROKEN:
        options->skip_broken = 1;
        return EXIT_DONE;
    case FLAG_POOL:
        return flag_choice("--pool", value, pooling_words, &options->pooling);
    case FLAG_AGREEMENT:
        return take_agreement(value, &options->agreement);
    case FLAG_CHECKPOINT:
        options->checkpoint = value;
        return *value ? EXIT_DONE : wrong_usage("--checkpoint is empty");
    case FLAG_QUIET:
        options->quiet = 1;
        return EXIT_DONE;
    case MASKING_SCHEDULE:
        options->automatic = strcmp(value, "auto") == 0;
        return masking_take(&options->masking, flag, options->automatic ? NULL : value);
    default:
        return flag >= TRANSFORM_SIZE && flag <= TRANSFORM_INTERPOLATION
                   ? transform_take(&options->transform, flag, value)
                   : masking_take(&options->masking, flag, value);
    }
}

int command_score(int argc, char **argv) {
    command_line line = {.options = {.masking = masking_default(),
                                     .agreement = DLC_AUTO_SPEARMAN,
                                     .transform = transform_default(),
                                     .batch = 64},
                         .forms = ALL_FORMS};
    const score_options *options = &line.options;
    const int status = flags_parse(argc, argv, flags, take, &line);
    if (status != EXIT_DONE)
        return status;
    if (line.last_flag)
        return wrong_usage("score: --%s does not go with the flags before it", line.last_flag);
    if (options->features) {
        if (!options->labels || !options->out)
            return wrong_usage("score: --features needs --labels and --out");
        return score_features(options);
    }
    if (options->losses) {
        if (!options->out)
            return wrong_usage("score: --losses needs --out");
        return score_losses(options);
    }
    if (options->encoder && options->images && options->out_dir) {
        const int together = transform_check(&options->transform);
        return together == EXIT_DONE ? score_images(options) : together;
    }
    return wrong_usage("score: give --features, --losses, or --encoder with --images and --out-dir");
}

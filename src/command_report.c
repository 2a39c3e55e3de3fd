/*
 * command_report.c - `dlc report`: RUN in, one HTML page to look at out.
 */
#include "commands.h"
#include "flags.h"
#include "message.h"
#include "outputs.h"
#include "paths.h"
#include "report_page.h"

#include <stdio.h>

typedef struct report_options {
    const char *select, *out;
    double gamma;
} report_options;

enum { SELECT = FLAG_OWN, GAMMA, OUT };

static const struct option flags[] = {
    {"select", required_argument, NULL, SELECT},
    {"gamma", required_argument, NULL, GAMMA},
    {"out", required_argument, NULL, OUT},
    FLAGS_COMMON,
};

static int take(void *user, int flag, const char *value) {
    report_options *options = user;
    switch (flag) {
    case SELECT:
        options->select = value;
        return EXIT_DONE;
    case GAMMA:
        return flag_share("--gamma", value, 0, &options->gamma);
    case OUT:
        options->out = value;
        return EXIT_DONE;
    default:
        return EXIT_DONE;
    }
}

static int write_report(const char *path, const report_data *data, report_thumbs *thumbs) {
    output_set outputs = {0};
    const char *temporary = NULL;
    int status = outputs_add(&outputs, path, &temporary);
    FILE *file = status == EXIT_DONE ? output_open(temporary) : NULL;
    if (file) {
        status = report_page_write(file, data, thumbs);
        if (status == EXIT_DONE)
            status = output_close(file, temporary);
        else
            fclose(file);
    } else {
        status = EXIT_FAILED;
    }
    if (status == EXIT_DONE)
        status = outputs_commit(&outputs);
    outputs_discard(&outputs);
    return status;
}

int command_report(int argc, char **argv) {
    if (argc < 2 || argv[1][0] == '-')
        return wrong_usage("report: the folder RUN must come first");
    const char *run = argv[1];
    argv[1] = argv[0];
    report_options options = {.gamma = 0.5};
    const int usage = flags_parse(argc - 1, argv + 1, flags, take, &options);
    if (usage != EXIT_DONE)
        return usage;
    if (!options.out)
        return wrong_usage("report: --out is missing");
    const flag_path input = {"--select", options.select}, output = {"--out", options.out};
    int status = paths_check("report", &input, 1, &output, 1);
    if (status == EXIT_DONE)
        status = paths_check_run("report", run, &output, 1);
    if (status != EXIT_DONE)
        return status;
    report_data data = {.run = run, .select = options.select, .gamma = options.gamma};
    report_thumbs thumbs = {0};
    status = report_data_load(&data);
    if (status == EXIT_DONE)
        status = report_thumbs_open(&thumbs, &data);
    if (status == EXIT_DONE)
        status = write_report(options.out, &data, &thumbs);
    report_thumbs_free(&thumbs);
    report_data_free(&data);
    return status;
}

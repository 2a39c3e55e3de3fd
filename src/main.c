/*
 * main.c - the dlc command: finds the command that is asked for and runs it. Built on the public API of libdlc alone.
 */
#include "commands.h"
#include "interrupt.h"
#include "message.h"

#include <dlc/dlc.h>

#include <stdio.h>
#include <string.h>

static const char usage[] =
    "usage:\n"
    "  dlc mask   --weights W.safetensors [--include GLOB] [--exclude GLOB] [--criterion l1|random] [--seed S]\n"
    "             [--schedule SPEC] --level T --out MASKED.safetensors       the model as it is at one level\n"
    "  dlc mask   --weights W.safetensors [...] --plan [--json]              level, kept, capacity, threshold\n"
    "  dlc score  --features F.npy --labels Y.npy --out S.npy [--curves C.npy] [--centroids M.npy]\n"
    "             [--observe loss|correct|confidence|margin]                 F is float32 [levels, samples, dim]\n"
    "  dlc score  --losses L.npy --out S.npy                                 L is float32 [levels, samples]\n"
    "  dlc score  --encoder E.safetensors --images DIR --out-dir RUN         DIR holds one folder of images per class\n"
    "             [--include GLOB] [--exclude GLOB] [--criterion l1|random] [--seed S] [--schedule SPEC|auto]\n"
    "             [--agreement 0.999] [--observe ...] [--pool token|mean] [--batch B]\n"
    "             [--memory-limit BYTES] [--skip-broken] [--size N] [--crop N] [--interpolation bilinear|bicubic]\n"
    "             [--mean R,G,B] [--std R,G,B] [--checkpoint FILE]           an interrupted run goes on from FILE\n"
    "  dlc select (--scores S.npy [--labels Y.npy] [--ids ID.npy] | --run RUN) (--keep 0.3 | --count 1500)\n"
    "             [--gamma 0.5] [--method flexrand|easy|hard|random] [--budget exact|paper] [--rng philox|numpy]\n"
    "             [--seed 1] [--floor K] [--order index|pick] --out I.npy [--list NAMES.txt]\n"
    "  dlc select ... --jsonl IN.jsonl --out OUT.jsonl [--indices I.npy]     the chosen lines, byte for byte\n"
    "  dlc report RUN [--select I.npy] [--gamma 0.5] --out report.html       one page to look at\n"
    "  dlc help\n"
    "  dlc --version\n"
    "\n"
    "SPEC is geometric:0.02x50 (the default), linear:0.02-0.98x49, or list:0,0.1,0.5 (masked shares).\n"
    "auto is levels of the default until the ranking of the samples stands still.\n"
    "score takes --threads T, every command --quiet and --help; 'man dlc' says more.\n"
    "Exit status: 0 done, 1 failed, 2 wrong usage.\n";

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"mask", command_mask},
    {"score", command_score},
    {"select", command_select},
    {"report", command_report},
};

static int print(const char *text, const char *more) {
    if (printf("%s%s%s", text, more, *more ? "\n" : "") < 0 || fflush(stdout) != 0)
        return failed("standard output cannot be written");
    return EXIT_DONE;
}

/* `dlc help`, or --help anywhere. */
static int asks_for_help(int argc, char **argv) {
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0)
            return 1;
    return strcmp(argv[1], "help") == 0 || strcmp(argv[1], "-h") == 0;
}

int main(int argc, char **argv) {
    interrupt_watch();
    if (argc < 2) {
        fputs(usage, stderr);
        return EXIT_USAGE;
    }
    const char *name = argv[1];
    if (asks_for_help(argc, argv))
        return print(usage, "");
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(name, commands[i].name) == 0) {
            const int status = commands[i].run(argc - 1, argv + 1);
            interrupt_end();
            return status;
        }
    if (strcmp(name, "--version") == 0)
        return print("dlc ", dlc_version_string());
    return wrong_usage("unknown command '%s'", name);
}

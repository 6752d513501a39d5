/* SPDX-License-Identifier: Apache-2.0 */
/* fenqictl: what an operator, or a shop's developer, types. */
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/ctl/commands.h"

#define MEMORY_SIZE_MAX ((size_t)32 << 20)
#define HELP_COLUMN     31

/* ---- help ---- */

static void main_print_line(FILE *file, const struct ctl_command *command)
{
    int width = fprintf(file, "  %s %s", command->name, command->arguments);
    (void)fprintf(file, "%*s%s\n", width < HELP_COLUMN ? HELP_COLUMN - width : 2, "",
                  command->help);
}

/* `word`: only those that begin with it; NULL: all. */
static void main_print_usage(FILE *file, const char *word)
{
    (void)fprintf(file, "usage: fenqictl %s [OPTIONS]\n\n", word != NULL ? word : "COMMAND");
    for (size_t i = 0; i < ctl_n_commands; i++) {
        struct fq_str name = fq_str_of(ctl_commands[i].name);
        if (word == NULL || fq_str_starts(name, fq_str_of(word)))
            main_print_line(file, &ctl_commands[i]);
    }
    (void)fputs("\n`fenqictl COMMAND --help` tells its options.\n"
                "Exit status: 0 done, 1 refused, 2 wrong arguments, 3 no answer, 4 not proven.\n",
                file);
}

static void main_print_command(FILE *file, const struct ctl_command *command)
{
    (void)fprintf(file, "usage: fenqictl %s%s%s%s\n%s\n", command->name,
                  command->arguments[0] != '\0' ? " " : "", command->arguments,
                  command->options != 0 ? " [OPTIONS]" : "", command->help);
    ctl_options_print(file, command->options);
}

static bool main_is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

/* ---- one command ---- */

static bool main_read(struct ctl *ctl, const struct ctl_command *command, int argc, char **argv)
{
    if (!ctl_options_read(ctl, argc, argv, command->options))
        return false;
    if (ctl->n_arguments >= command->n_arguments_min &&
        ctl->n_arguments <= command->n_arguments_max)
        return true;
    (void)ctl_complain(CTL_USAGE, "%s %s: too few words, or too many", command->name,
                       command->arguments);
    return false;
}

static int main_run(const struct ctl_command *command, int argc, char **argv)
{
    struct ctl ctl = { .arena = fq_arena_new(MEMORY_SIZE_MAX) };
    int status = CTL_USAGE;
    if (main_read(&ctl, command, argc, argv))
        status = command->run(&ctl);
    else
        (void)fprintf(stderr, "`fenqictl %s --help` tells what it takes\n", command->name);
    if (fflush(stdout) != 0 && status == CTL_OK)
        status = ctl_complain(CTL_REFUSED, "cannot write the output");
    fenqi_client_free(ctl.client);
    fq_arena_free(ctl.arena);
    return status;
}

int main(int argc, char **argv)
{
    /* What is printed is UTF-8, whatever the shell's locale. One thread:
     * NOLINTNEXTLINE(concurrency-mt-unsafe) */
    (void)setlocale(LC_CTYPE, "C.UTF-8");
    const char *word = argc > 1 ? argv[1] : "";
    if (main_is_help(word) || strcmp(word, "help") == 0) {
        main_print_usage(stdout, NULL);
        return CTL_OK;
    }
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
        (void)puts("fenqictl " FQ_VERSION);
        return CTL_OK;
    }
    int n_words = 0;
    const struct ctl_command *command = ctl_command_find(argc - 1, argv + 1, &n_words);
    if (command == NULL) {
        bool is_asked = argc > 2 && main_is_help(argv[2]);
        main_print_usage(is_asked ? stdout : stderr, ctl_command_is_family(word) ? word : NULL);
        return is_asked ? CTL_OK : CTL_USAGE;
    }
    for (int i = 1 + n_words; i < argc; i++) {
        if (main_is_help(argv[i])) {
            main_print_command(stdout, command);
            return CTL_OK;
        }
    }
    argv[n_words] = argv[0]; /* getopt complains in its name */
    return main_run(command, argc - n_words, argv + n_words);
}

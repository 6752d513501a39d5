/* SPDX-License-Identifier: Apache-2.0 */
/* The table of commands: what main.c runs, what help, completion and the man page tell. */
#ifndef FQ_CTL_COMMANDS_H
#define FQ_CTL_COMMANDS_H

#include "daemon/ctl/ctl.h"

struct ctl_command {
    const char *name; /* of one word, or two: "payments list" */
    const char *arguments;
    const char *help;
    size_t n_arguments_min, n_arguments_max;
    uint64_t options; /* CTL_BIT of each that it takes */
    int (*run)(struct ctl *ctl);
};

extern const struct ctl_command ctl_commands[];
extern const size_t ctl_n_commands;

/* The command that these words begin with, the longer name first; *ret_n_words is how many of them
 * are its name. NULL: there is none. */
const struct ctl_command *ctl_command_find(int n_words, char *const *words, int *ret_n_words);
/* True if a command's name begins with that word and goes on: `fenqictl payments`. */
bool ctl_command_is_family(const char *word);

#endif

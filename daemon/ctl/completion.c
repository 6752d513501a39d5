/* SPDX-License-Identifier: Apache-2.0 */
/* fenqictl completion: scripts for bash and zsh, of the same tables as everything else. */
#include <stdio.h>
#include <string.h>

#include "daemon/ctl/commands.h"

/* ---- what both tell ---- */

static size_t completion_first_len(const char *name)
{
    return strcspn(name, " ");
}

/* Of several commands that begin with the same word, only the first one counts. */
static bool completion_is_first(size_t command)
{
    size_t len = completion_first_len(ctl_commands[command].name);
    for (size_t i = 0; i < command; i++) {
        if (completion_first_len(ctl_commands[i].name) == len &&
            memcmp(ctl_commands[i].name, ctl_commands[command].name, len) == 0)
            return false;
    }
    return true;
}

/* Words that the argument of a command can be; NULL: any. */
static const char *completion_choices(const struct ctl_command *command)
{
    return command->run == ctl_log_level    ? "error warning notice info debug"
           : command->run == ctl_completion ? "bash zsh"
                                            : NULL;
}

/* ---- bash ---- */

static void bash_values(void)
{
    for (int i = 0; i < CTL_OPTION_N; i++) {
        struct ctl_option_about about = ctl_option_about((enum ctl_option)i);
        if (about.value == NULL)
            continue;
        (void)printf("    --%s", about.name);
        if (about.letter != 0)
            (void)printf(" | -%c", about.letter);
        if (about.choices != NULL)
            (void)printf(") COMPREPLY=($(compgen -W '%s' -- \"$word\")); return ;;\n",
                         about.choices);
        else if (about.is_file)
            (void)printf(") compopt -o default; return ;;\n");
        else
            (void)printf(") compopt +o default; return ;;\n");
    }
}

static void bash_options(uint64_t options)
{
    for (int i = 0; i < CTL_OPTION_N; i++) {
        if ((options & CTL_BIT(i)) != 0)
            (void)printf(" --%s", ctl_option_about((enum ctl_option)i).name);
    }
}

static void bash_commands(bool of_one_word)
{
    for (size_t i = 0; i < ctl_n_commands; i++) {
        const struct ctl_command *command = &ctl_commands[i];
        bool is_one_word = strchr(command->name, ' ') == NULL;
        if (is_one_word != of_one_word)
            continue;
        (void)printf(is_one_word ? "    '%s '*) options='--help" : "    '%s') options='--help",
                     command->name);
        bash_options(command->options);
        (void)printf("' choices='%s' ;;\n",
                     completion_choices(command) != NULL ? completion_choices(command) : "");
    }
}

/* "    key) seconds='list rotate' ;;", if the first word has others behind it. */
static void bash_family(const char *first, size_t len)
{
    bool is_begun = false;
    for (size_t i = 0; i < ctl_n_commands; i++) {
        const char *name = ctl_commands[i].name;
        if (strncmp(name, first, len) != 0 || name[len] != ' ')
            continue;
        if (is_begun)
            (void)printf(" %s", name + len + 1);
        else
            (void)printf("    %.*s) seconds='%s", (int)len, first, name + len + 1);
        is_begun = true;
    }
    if (is_begun)
        (void)printf("' ;;\n");
}

static void bash_families(void)
{
    for (size_t i = 0; i < ctl_n_commands; i++) {
        if (completion_is_first(i))
            bash_family(ctl_commands[i].name, completion_first_len(ctl_commands[i].name));
    }
}

static void completion_bash(void)
{
    (void)printf("# bash completion of fenqictl, made by `fenqictl completion bash`\n"
                 "_fenqictl()\n{\n"
                 "    local word=$2 options= choices= seconds=\n"
                 "    local first=${COMP_WORDS[1]} second=${COMP_WORDS[2]}\n"
                 "    case $3 in\n");
    bash_values();
    (void)printf("    esac\n"
                 "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
                 "        COMPREPLY=($(compgen -W 'help");
    for (size_t i = 0; i < ctl_n_commands; i++) {
        if (completion_is_first(i))
            (void)printf(" %.*s", (int)completion_first_len(ctl_commands[i].name),
                         ctl_commands[i].name);
    }
    (void)printf("' -- \"$word\"))\n        return\n    fi\n    case $first in\n");
    bash_families();
    (void)printf("    esac\n"
                 "    [ \"$COMP_CWORD\" -eq 2 ] || seconds=\n"
                 "    case \"$first $second\" in\n");
    /* Those of two words first: the others match whatever follows. */
    bash_commands(false);
    bash_commands(true);
    (void)printf("    esac\n"
                 "    COMPREPLY=($(compgen -W \"$seconds $choices $options\" -- \"$word\"))\n"
                 "}\n"
                 "complete -o default -F _fenqictl fenqictl\n");
}

/* ---- zsh ---- */

/* Between single quotes, and where `special` characters mean something. */
static void zsh_text(const char *text, const char *special)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            (void)fputs("'\\''", stdout);
        else if (strchr(special, *text) != NULL)
            (void)printf("\\%c", *text);
        else
            (void)putchar(*text);
    }
}

static void zsh_option(enum ctl_option option)
{
    struct ctl_option_about about = ctl_option_about(option);
    (void)printf("        '--%s[", about.name);
    zsh_text(about.help, "[]:\\");
    (void)printf("]");
    if (about.value != NULL) {
        (void)printf(":%s:", about.value);
        if (about.choices != NULL)
            (void)printf("(%s)", about.choices);
        else if (about.is_file)
            (void)printf("_files");
    }
    (void)printf("'\n");
}

static void zsh_command(const struct ctl_command *command)
{
    bool is_one_word = strchr(command->name, ' ') == NULL;
    (void)printf(is_one_word ? "    ('%s '*) options=(\n" : "    ('%s') n=2 options=(\n",
                 command->name);
    (void)printf("        '--help[what it takes]'\n");
    for (int i = 0; i < CTL_OPTION_N; i++) {
        if ((command->options & CTL_BIT(i)) != 0)
            zsh_option((enum ctl_option)i);
    }
    if (completion_choices(command) != NULL)
        (void)printf("        '1:%s:(%s)'\n", command->arguments, completion_choices(command));
    else if (command->n_arguments_max > 0)
        (void)printf("        '*:argument:_files'\n");
    (void)printf("    ) ;;\n");
}

static void zsh_names(const char *first, size_t len)
{
    for (size_t i = 0; i < ctl_n_commands; i++) {
        const char *name = ctl_commands[i].name;
        bool is_family = len > 0 && strncmp(name, first, len) == 0 && name[len] == ' ';
        if (len > 0 ? !is_family : !completion_is_first(i))
            continue;
        name += len > 0 ? len + 1 : 0;
        (void)printf("        '%.*s:", (int)completion_first_len(name), name);
        bool is_one = len > 0 || strchr(name, ' ') == NULL;
        zsh_text(is_one ? ctl_commands[i].help : "several, see its words", "\\:");
        (void)printf("'\n");
    }
}

static void completion_zsh(void)
{
    (void)printf("#compdef fenqictl\n"
                 "# zsh completion of fenqictl, made by `fenqictl completion zsh`\n"
                 "_fenqictl() {\n"
                 "    local -a options names\n"
                 "    local n=1\n"
                 "    if (( CURRENT == 2 )); then\n"
                 "        names=(\n");
    zsh_names("", 0);
    (void)printf("        )\n        _describe command names\n        return\n    fi\n"
                 "    if (( CURRENT == 3 )); then\n        case $words[2] in\n");
    for (size_t i = 0; i < ctl_n_commands; i++) {
        size_t len = completion_first_len(ctl_commands[i].name);
        char first[64];
        (void)snprintf(first, sizeof(first), "%.*s", (int)len, ctl_commands[i].name);
        if (!completion_is_first(i) || !ctl_command_is_family(first))
            continue;
        (void)printf("        (%s) names=(\n", first);
        zsh_names(first, len);
        (void)printf("        ) ;;\n");
    }
    (void)printf("        esac\n        (( $#names )) && _describe command names\n    fi\n"
                 "    case \"$words[2] $words[3]\" in\n");
    for (size_t i = 0; i < ctl_n_commands; i++) {
        if (strchr(ctl_commands[i].name, ' ') != NULL)
            zsh_command(&ctl_commands[i]);
    }
    for (size_t i = 0; i < ctl_n_commands; i++) {
        if (strchr(ctl_commands[i].name, ' ') == NULL)
            zsh_command(&ctl_commands[i]);
    }
    (void)printf("    esac\n"
                 "    shift $n words\n"
                 "    (( CURRENT -= n ))\n"
                 "    _arguments $options\n"
                 "}\n"
                 "if [ \"$funcstack[1]\" = _fenqictl ]; then _fenqictl \"$@\"; "
                 "else compdef _fenqictl fenqictl; fi\n");
}

int ctl_completion(struct ctl *ctl)
{
    if (strcmp(ctl->arguments[0], "bash") == 0)
        completion_bash();
    else if (strcmp(ctl->arguments[0], "zsh") == 0)
        completion_zsh();
    else
        return ctl_complain(CTL_USAGE, "\"%s\": completion is for bash and zsh", ctl->arguments[0]);
    return CTL_OK;
}

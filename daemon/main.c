/* SPDX-License-Identifier: Apache-2.0 */
/* fenqid's arguments: fenqid -c FILE [--check-config]. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/base/err.h"
#include "daemon/crypto/crypto.h"
#include "daemon/daemon.h"

#define DEFAULT_CONF "/etc/fenqid/fenqid.conf"

static const char usage[] =
    "usage: fenqid [-c FILE] [--check-config]\n"
    "\n"
    "  -c, --config FILE   the configuration (default " DEFAULT_CONF ")\n"
    "      --check-config  check it, the keys and the adapters, then exit\n"
    "  -V, --version\n"
    "  -h, --help\n"
    "\n"
    "Exit status: 0 stopped as asked, 1 failed, 2 wrong arguments, 78 wrong configuration.\n";

#define EXIT_USAGE  2
#define EXIT_CONFIG 78 /* sysexits' EX_CONFIG: systemd does not restart on it */

static int main_print_errors(const struct fq_conf_errors *errors)
{
    for (size_t i = 0; i < errors->n; i++)
        (void)fprintf(stderr, "%.*s\n", fq_str_arg(errors->lines[i]));
    (void)fprintf(stderr, "%zu error%s; not started\n", errors->n, errors->n == 1 ? "" : "s");
    return EXIT_CONFIG;
}

static int main_run(const char *path, bool check_only)
{
    struct fq_daemon daemon = { .conf_path = path, .loop = { .signal_fd = -1 } };
    FQ_CLEANUP(fq_conf_errors) *errors = NULL;
    int r = fq_setup_load(path, &daemon.setup, &errors);
    if (r == FQ_CONF_E_INVALID)
        return main_print_errors(errors);
    if (r < 0) {
        (void)fprintf(stderr, "fenqid: %s\n", fq_trace());
        return EXIT_FAILURE;
    }
    if (check_only)
        r = printf("%s: ok\n", path) > 0 ? 0 : -EIO;
    else
        r = fq_daemon_run(&daemon);
    fq_setup_free(daemon.setup);
    return r == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        { "config", required_argument, NULL, 'c' },
        { "check-config", no_argument, NULL, 'C' },
        { "version", no_argument, NULL, 'V' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    const char *path = DEFAULT_CONF;
    bool check_only = false;
    fq_crypto_own_memory();
    // NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread yet
    for (int c; (c = getopt_long(argc, argv, "c:Vh", options, NULL)) != -1;) {
        switch (c) {
        case 'c':
            path = optarg;
            break;
        case 'C':
            check_only = true;
            break;
        case 'V':
            (void)puts("fenqid " FQ_VERSION);
            return EXIT_SUCCESS;
        case 'h':
            (void)fputs(usage, stdout);
            return EXIT_SUCCESS;
        default:
            (void)fputs(usage, stderr);
            return EXIT_USAGE;
        }
    }
    if (optind != argc) {
        (void)fputs(usage, stderr);
        return EXIT_USAGE;
    }
    return main_run(path, check_only);
}

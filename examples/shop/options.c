/* See options.h. */
#include "options.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "Usage: shop [OPTION...]\n"
    "A small web shop on 127.0.0.1 that can be put into trouble.\n\n"
    "  --port N            listen there (default 8080; 0: any free port)\n"
    "  --port-file FILE    write the port there once it listens\n"
    "  --db FILE           catalogue and orders (default: in memory)\n"
    "  --journal FILE      every request: arrival and completion in monotonic ns, method, path, status\n"
    "  --seed N            of all random choices (default 1)\n\n"
    "Trouble, also at run time by POST /trouble with NAME=VALUE:\n"
    "  --delay KIND        constant:20ms, lognormal:MEDIAN,SIGMA, bimodal:FAST,SLOW,SHARE, none\n"
    "  --stall LENGTH:AT   at AT after the start everybody waits for LENGTH, e.g. 1s:5s or 1s:now\n"
    "  --pause LEN:EVERY   the same every so often, e.g. 100ms:10s\n"
    "  --cap N             most requests in flight; others queue\n"
    "  --errors SHARE      answered with 503\n"
    "  --truncate SHARE    cut off in the middle of the body\n"
    "  --reset SHARE       connection reset instead of an answer\n"
    "  --close SHARE       connection closed after the answer\n";

enum { PORT = 1, PORT_FILE, DB, JOURNAL, SEED, HELP, TROUBLE };

static const struct option names[] = {
    {"port", required_argument, NULL, PORT},       {"port-file", required_argument, NULL, PORT_FILE},
    {"db", required_argument, NULL, DB},           {"journal", required_argument, NULL, JOURNAL},
    {"seed", required_argument, NULL, SEED},       {"help", no_argument, NULL, HELP},
    {"delay", required_argument, NULL, TROUBLE},   {"stall", required_argument, NULL, TROUBLE},
    {"pause", required_argument, NULL, TROUBLE},   {"cap", required_argument, NULL, TROUBLE},
    {"errors", required_argument, NULL, TROUBLE},  {"truncate", required_argument, NULL, TROUBLE},
    {"reset", required_argument, NULL, TROUBLE},   {"close", required_argument, NULL, TROUBLE},
    {NULL, 0, NULL, 0},
};

static int wrong(const char *name, const char *what)
{
  fprintf(stderr, "shop: --%s %s: %s\n", name, optarg, what);
  return 2;
}

static bool is_whole(const char *text)
{
  return *text && !text[strspn(text, "0123456789")];
}

/* Takes one option; -1 when it was fine. */
static int take(int which, int index, options *out)
{
  switch (which) {
  case PORT:
    if (!is_whole(optarg) || strtoul(optarg, NULL, 10) > 65535)
      return wrong("port", "a number from 0 to 65535");
    out->port = (uint16_t)strtoul(optarg, NULL, 10);
    return -1;
  case PORT_FILE:
    out->port_file = optarg;
    return -1;
  case DB:
    out->db = optarg;
    return -1;
  case JOURNAL:
    out->journal = optarg;
    return -1;
  case SEED:
    if (!is_whole(optarg))
      return wrong("seed", "a whole number");
    out->seed = strtoull(optarg, NULL, 10);
    return -1;
  case TROUBLE:
    if (out->n_trouble == OPTIONS_TROUBLE)
      return wrong(names[index].name, "more trouble than 16 options");
    out->trouble[out->n_trouble].name = names[index].name;
    out->trouble[out->n_trouble++].value = optarg;
    return -1;
  case HELP:
    fputs(help, stdout);
    return 0;
  default:
    fputs("shop: see shop --help\n", stderr);
    return 2;
  }
}

int options_read(int argc, char **argv, options *out)
{
  *out = (options){.port = 8080, .seed = 1};
  int index = 0, code = -1;
  for (int which; code < 0 && (which = getopt_long(argc, argv, "", names, &index)) != -1;)
    code = take(which, index, out);
  if (code < 0 && optind < argc) {
    fprintf(stderr, "shop: unexpected \"%s\"; see shop --help\n", argv[optind]);
    return 2;
  }
  return code;
}

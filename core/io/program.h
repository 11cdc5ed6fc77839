/* Starting another program and leaving it alone, such as the reader's browser. */
#ifndef PL_IO_PROGRAM_H
#define PL_IO_PROGRAM_H

#include "perilune/error.h"

/* Starts argv[0], found through PATH, with the arguments that follow (NULL at the end), in a session of its own and with
 * /dev/null as its standard streams. Nobody waits for it. PL_ENOENT, PL_EACCES, PL_ENOMEM: it did not start. */
int pl_program_start(char *const argv[], pl_error *err) PL_MUSTCHECK;

#endif

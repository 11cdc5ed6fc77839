/* Starting another program: one that is left alone, such as the reader's browser, or one whose exit code is asked for. */
#ifndef PL_IO_PROGRAM_H
#define PL_IO_PROGRAM_H

#include <stdbool.h>
#include <sys/types.h>

#include "perilune/error.h"

/* Starts argv[0], found through PATH, with the arguments that follow (NULL at the end), in a session of its own and with
 * /dev/null as its standard streams. pid may be NULL: nobody asks for its end. PL_ENOENT, PL_EACCES, PL_ENOMEM: it did not start. */
int pl_program_start(char *const argv[], pid_t *pid, pl_error *err) PL_MUSTCHECK;

/* Whether a started program has ended; never waits. exit_code: -1 where a signal ended it or somebody else took its end. Asked no
 * more once it was true: the pid may be another's then. */
bool pl_program_ended(pid_t pid, int *exit_code);

/* The same after waiting for it, on this thread, for at most so long. */
bool pl_program_wait(pid_t pid, int limit_ms, int *exit_code);

#endif

/* Keys of the live view: space pauses and resumes, + and - change rate and users by a tenth, s stops the load. */
#ifndef PL_CLI_KEYS_H
#define PL_CLI_KEYS_H

#include <pthread.h>
#include <termios.h>

#include <perilune/perilune.h>

typedef struct keys {
  pl_engine *engine;
  pthread_t thread;
  struct termios before; /* the terminal as it was */
  int quit[2];           /* a pipe: written to end the thread */
  int on;
} keys;

/* Listens when standard input is a terminal that we have in the foreground; else does nothing. */
void keys_open(keys *k, pl_engine *engine);
/* Ends the thread and leaves the terminal as it was. */
void keys_close(keys *k);

#endif

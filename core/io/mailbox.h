/* Jobs between two threads: a client posts, the server's loop works, the client's loop is told.
 * Both loops may be the same one (no threads): the order of events stays the same. */
#ifndef PL_IO_MAILBOX_H
#define PL_IO_MAILBOX_H

#include <stdatomic.h>
#include <uv.h>

#include "base/alloc.h"

typedef struct pl_job pl_job;

/* Embedded in the caller's own struct, which lives until done was called. */
struct pl_job {
  void (*work)(pl_job *job, void *place); /* on the server's loop */
  void (*done)(pl_job *job);              /* later on the client's loop; NULL: nobody waits, and work
                                             may free the job */
  pl_job *next;                           /* the mailbox's */
};

typedef struct pl_mailbox {
  _Atomic(pl_job *) to_server; /* stack; taken whole and reversed: posting order is kept */
  _Atomic(pl_job *) to_client;
  int server_fd; /* counts posts */
  uv_poll_t server_wake;
  uv_async_t client_wake;
  void *place; /* second argument of work */
  int open;    /* handles still open */
} pl_mailbox;

/* Ties the mailbox to both loops, which it keeps alive until closed. The box must not move. Call before
 * the server's thread runs. */
int pl_mailbox_open(pl_mailbox *box, uv_loop_t *client, uv_loop_t *server, void *place,
                    pl_error *err) PL_MUSTCHECK;

/* Client's thread. Never blocks, never calls back from inside. */
void pl_mailbox_post(pl_mailbox *box, pl_job *job);

/* Works off what was posted and answers it, now, on the calling thread: for an orderly end, once the server's
 * thread has been joined. */
void pl_mailbox_drain(pl_mailbox *box);

/* Closes one end's handle; each end is closed on its own thread, then its loop is run until closed. The server's comes first. */
void pl_mailbox_close_server(pl_mailbox *box);
/* The client's end; what is posted afterwards is never worked on. */
void pl_mailbox_close_client(pl_mailbox *box);

#endif

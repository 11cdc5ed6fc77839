/* A line: how a conversation travels over one socket. There are two kinds: a socket of ours, over which bytes pass (byte_line.h), and
 * the socket of a library that speaks for itself (libpq) and only says what it waits for. The owner of a line polls its socket and
 * goes on with it; a line knows no loop. One worker's thread; no call may block. */
#ifndef PL_LOAD_LINE_H
#define PL_LOAD_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/str.h"
#include "load/outcome.h"

/* What a line waits for, a set (empty: the next operation), and what its socket is ready for. */
enum {
  PL_LINE_READ = 1,
  PL_LINE_WRITE = 2,
  PL_LINE_BROKEN = 4, /* there is an error on it: what came before is read, then the error */
};

/* What a call has reached. */
enum pl_line_progress {
  PL_LINE_WAITS,  /* nothing that its owner must know */
  PL_LINE_STANDS, /* connected, for lines that are asked to greet */
  PL_LINE_OPEN,   /* an operation may be sent */
  PL_LINE_DONE,   /* the operation is complete */
  PL_LINE_ENDED,  /* the same, and nothing comes behind it: it is to be hung up */
  PL_LINE_FAILED, /* see failure and why; it is to be hung up. PL_FAIL_CONNECT: another address may do better */
};

/* What a line and its owner know of each other. The owner sets the clock once, the rest is zeroed before a dial. */
typedef struct pl_line_state {
  const pl_clock *clock;
  pl_times *times;         /* of the operation in flight, which the line stamps but for its send; NULL: none */
  uint64_t sent, received; /* bytes that passed since it began, as far as the line knows them */
  int fd;                  /* to be polled; another one after a call: it has moved */
  int waits;
  bool again;              /* there is more to do at once: the socket need not become ready for it */
  bool securing;           /* the handshake of TLS is under way */
  enum pl_failure failure;
  bool lacked;             /* of a dial that failed: as in pl_answer */
  char why[96];
} pl_line_state;

/* Work for another thread, because it may block. */
typedef struct pl_line_work {
  void (*run)(void *data); /* frees data */
  void *data;
} pl_line_work;

typedef struct pl_line_kind {
  bool moves; /* it may close its socket and open another one while it connects: nobody watches it during a step */
  /* Begins to connect to an address. FAILED: there is nothing to hang up. */
  enum pl_line_progress (*dial)(void *line, const struct sockaddr *peer, pl_line_state *st);
  /* After STANDS. NULL: it never says that. */
  enum pl_line_progress (*greet)(void *line, pl_line_state *st);
  /* Sends the operation that the protocol began: its bytes. */
  enum pl_line_progress (*send)(void *line, pl_str request, bool no_answer, pl_line_state *st);
  /* The peer has ended, and all that it said was taken: only the operation that is to see the end may be sent. NULL: an end is told at once. */
  bool (*spent)(const void *line);
  /* Goes on: the socket is ready, or `again` was set. */
  enum pl_line_progress (*step)(void *line, int ready, pl_line_state *st);
  /* Closes the socket of a line that was dialled. */
  void (*hang_up)(void *line);
  /* The operation in flight is given up, hanging up is next: what tells the peer so; run NULL: nothing. NULL: hanging up tells it. */
  pl_line_work (*give_up)(void *line);
} pl_line_kind;

/* Sets failure and why. Returns PL_LINE_FAILED. */
static inline enum pl_line_progress pl_line_fail(pl_line_state *st, enum pl_failure failure, const char *why)
{
  st->failure = failure;
  (void)pl_copy(st->why, sizeof st->why, pl_str_of(why));
  return PL_LINE_FAILED;
}

#endif

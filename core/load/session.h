/* A session: one connection of one user that speaks a protocol (protocol.h), one operation at a time. Connects, sends, receives,
 * times, limits; knows no protocol and no script. One worker's thread. */
#ifndef PL_LOAD_SESSION_H
#define PL_LOAD_SESSION_H

#include "load/client.h"
#include "load/protocol.h"

typedef struct pl_session pl_session;

/* An operation in flight; the caller keeps it until done, which is called exactly once, from the loop, never inside
 * pl_session_start. */
typedef struct pl_session_operation {
  uint64_t timeout_ns;      /* from the start; 0: none */
  pl_times *times;          /* filled as of an HTTP exchange */
  pl_answer *answer;        /* failure, why, status, bytes, new_connection; no head and no body */
  void (*done)(void *user);
  void *user;
} pl_session_operation;

/* options, url and its text are read before it returns. client: whose loop, wheel, clock and grants it uses. Errors: PL_EINVAL,
 * PL_ENOMEM. */
int pl_session_new(pl_client *client, const pl_protocol *protocol, pl_str url, const pl_tree *options, pl_session **out,
                   pl_error *err) PL_MUSTCHECK;

/* Closes the connection at once and frees the session when its handles are closed. An operation in flight must have been
 * aborted. NULL is fine. */
void pl_session_close(pl_session *s);

/* Encodes an operation; data NULL opens the session (a protocol with open_label). Errors: PL_EINVAL (the script's misuse),
 * PL_EMISUSE (one is in flight), PL_ENOMEM. */
int pl_session_begin(pl_session *s, pl_str operation, const pl_tree *args, const pl_tree *named, pl_protocol_request *request,
                     pl_error *err) PL_MUSTCHECK;
/* Sends what pl_session_begin encoded, after connecting where that is needed. */
void pl_session_start(pl_session *s, pl_session_operation *operation);
/* Ends the operation in flight as aborted, from the loop's next turn, and the connection with it. */
void pl_session_abort(pl_session *s);

/* The value of the operation that is done and has not failed; pieces are valid until the next pl_session_begin. PL_ENOMEM. */
int pl_session_result(pl_session *s, pl_arena *arena, pl_tree *value) PL_MUSTCHECK;

const pl_protocol *pl_session_protocol(const pl_session *s);
/* Whether the peer is connected, as far as is known. */
bool pl_session_is_open(const pl_session *s);

#endif

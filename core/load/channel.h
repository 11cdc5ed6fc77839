/* A channel: one connection of one user that speaks a protocol (protocol.h), one operation at a time. Connects, sends, receives,
 * times, limits; knows no protocol and no script. One worker's thread. */
#ifndef PL_LOAD_CHANNEL_H
#define PL_LOAD_CHANNEL_H

#include "load/client.h"
#include "load/protocol.h"

typedef struct pl_channel pl_channel;
typedef struct pl_channel_part pl_channel_part; /* parts.h */

/* An operation in flight; the caller keeps it until done, which is called exactly once, from the loop, never inside
 * pl_channel_start. */
typedef struct pl_channel_operation {
  uint64_t timeout_ns;      /* from the start; 0: none */
  pl_times *times;          /* filled as of an HTTP exchange; sent is 0 where nothing is sent, first_byte where nothing was waited for, and send
                               where the answer was known without asking */
  pl_answer *answer;        /* failure, why, status, bytes, new_connection; no head and no body */
  /* Just before its first byte, once: times->send is set. aside_ns: how long the conversation was prepared for it (protocol.h) */
  void (*sending)(void *user, uint64_t aside_ns);
  void (*done)(void *user);
  void *user;
  pl_channel_part *parts; /* of a batch, which has no value of its own; else NULL */
  size_t n_parts;
  void (*part_done)(void *user, size_t i); /* from the loop, before done: that part is complete */
} pl_channel_operation;

/* options, url and its text are read before it returns; route as for pl_client_endpoint. client: whose loop, wheel, clock and grants it uses. Errors: PL_EINVAL,
 * PL_ENOMEM. */
int pl_channel_new(pl_client *client, const pl_protocol *protocol, pl_str url, const pl_tree *options, const pl_route *route,
                   pl_channel **out, pl_error *err) PL_MUSTCHECK;

/* Closes the connection at once and frees the channel when its handles are closed. An operation in flight must have been
 * aborted. NULL is fine. */
void pl_channel_close(pl_channel *s);

/* Encodes an operation, whose name and arguments stay valid until it is done; data NULL opens the channel (a protocol with open_label). Errors: PL_EINVAL (the script's misuse),
 * PL_EMISUSE (one is in flight), PL_ENOMEM. */
int pl_channel_begin(pl_channel *s, pl_str operation, const pl_tree *args, const pl_tree *named, pl_protocol_request *request,
                     pl_error *err) PL_MUSTCHECK;
/* Sends what pl_channel_begin encoded, after connecting where that is needed. */
void pl_channel_start(pl_channel *s, pl_channel_operation *operation);
/* Ends the operation in flight as aborted, from the loop's next turn, and the connection with it. */
void pl_channel_abort(pl_channel *s);

/* The value of the operation that is done (nil when it failed); valid until the next pl_channel_begin. */
const pl_tree *pl_channel_value(const pl_channel *s);

/* The request name of a part of the batch that was begun. */
const char *pl_channel_part_label(const pl_channel *s, size_t i);
/* The protocol that it speaks. */
const pl_protocol *pl_channel_protocol(const pl_channel *s);
/* Whether the peer is connected, as far as is known, and takes operations. */
bool pl_channel_is_open(const pl_channel *s);

#endif

/* The inside of a channel, shared by channel.c (its operations, one after the other) and channel_dial.c (how it comes to be connected). */
#ifndef PL_LOAD_CHANNEL_INSIDE_H
#define PL_LOAD_CHANNEL_INSIDE_H

#include "load/byte_line.h"
#include "load/channel.h"

enum channel_state {
  CHANNEL_CLOSED,
  CHANNEL_RESOLVING,
  CHANNEL_CONNECTING, /* up to the end of the greeting */
  CHANNEL_READY,
  CHANNEL_BUSY,
};

struct pl_channel {
  pl_client *client;
  const pl_protocol *protocol;
  void *conversation;
  pl_buf url_text;
  pl_url url;                 /* pieces of url_text */
  enum channel_state state;
  pl_addresses addresses;     /* n 0: not known yet */
  uint64_t expires_ns;        /* of addresses that were looked up; 0: never */
  unsigned address;           /* the one in use */
  pl_lookup lookup;
  bool looking;               /* the look-up runs, for whom it may concern */
  pl_byte_line bytes;         /* the line of protocols without one of their own */
  const pl_line_kind *kind;
  void *line;
  pl_line_state st;
  struct watcher *watcher;          /* NULL: nobody watches the line's socket */
  const pl_route *route;
  uint32_t way;               /* as of an endpoint, and so are the next two */
  pl_str to_host, peer_host;
  uint16_t to_port, peer_port;
  pl_channel_operation *operation; /* in flight; NULL: none */
  pl_buf request;             /* its bytes, until they are sent */
  bool encoded;               /* request holds the operation, and the conversation expects its answer */
  pl_str name;                /* of the operation, for encoding it once more after a greeting; */
  const pl_tree *args, *named; /* its arguments */
  bool opening;               /* it is the opening itself */
  bool no_answer;             /* it is complete once it is sent */
  bool preparing;             /* what is in flight goes before it, since */
  uint64_t prepares_from_ns;
  uint64_t aside_ns;          /* and took so long already */
  uint64_t turn_ns;           /* of a batch: before what is sent in this turn */
  bool since_opening;         /* the opening asked for its answer */
  bool known;                 /* its answer is known without it */
  uint64_t opened_from_ns;    /* begin of the opening, */
  uint64_t opened_send_ns;    /* and its send */
  bool inside;                /* pl_channel_start is on the stack: nothing may be told yet */
  bool told_later;            /* it is over: told from the timer */
  bool closing;
  uint64_t due_ns;            /* when the operation has taken too long; 0: never */
  pl_timer timer;             /* to that, to a limit of a batch's part before it, or to tell later */
  pl_arena arena;             /* of the value of the last operation */
  pl_tree value;
  unsigned handles;           /* of libuv, look-ups and errands, that still point here */
};

/* The monotonic clock. */
static inline uint64_t pl_channel_now(const pl_channel *s)
{
  return pl_now(s->client->o.clock);
}

/* Finds whom the channel connects to, by its URL and route. */
void pl_channel_find_peer(pl_channel *s);
/* From closed to connecting, by way of the address where it is not known yet. */
void pl_channel_dial(pl_channel *s);
/* Connects to addresses[address] or one behind it. The conversation begins anew. */
void pl_channel_dial_next(pl_channel *s);

/* One more of libuv's handles, or of what else comes back, points at the channel; */
void pl_channel_hold(pl_channel *s);
/*   no more: a channel that is closed goes with the last one. */
void pl_channel_let_go(pl_channel *s);
/* Ends the operation in flight as failed, and hangs up; where pl_channel_start is on the stack, it is told later. */
void pl_channel_fail(pl_channel *s, enum pl_failure failure, const char *why);
/* What the line has reached, until it waits. The channel may be closed afterwards. */
void pl_channel_follow(pl_channel *s, enum pl_line_progress progress);

#endif

/* A protocol that scripts speak over one connection: Redis, WebSocket, plain TCP ... as a module (io/module.h). It turns
 * operations into bytes and bytes into values, which byte_line.c moves; or it brings a line (line.h) of its own, where a library owns the
 * socket. Polling, timeouts and figures are channel.c's. A new protocol is one file in core/load/modules. Everything is called on one
 * worker's thread; no call may block. */
#ifndef PL_LOAD_PROTOCOL_H
#define PL_LOAD_PROTOCOL_H

#include "base/buf.h"
#include "base/tree.h"
#include "io/module.h"
#include "load/line.h"
#include "net/url.h"

#define PL_PROTOCOL_ABI 14

/* What receive says of the bytes so far. Negative: PL_EPROTO or PL_ENOMEM with *why set to a text that lives as long as the
 * conversation. */
enum pl_protocol_progress {
  PL_PROTOCOL_MORE = 0, /* the operation needs more bytes */
  PL_PROTOCOL_DONE = 1, /* its answer is complete; bytes that are left stay for the next one */
};

/* What begin makes of an operation. */
typedef struct pl_protocol_request {
  char label[64];   /* request name unless the script gives one: "redis GET" */
  bool no_answer;   /* complete once it is sent */
  bool prepares;    /* what begin appended is what the conversation must know first, in no figure: receive says DONE for it, and begin
                       comes again with the same operation */
  bool known;       /* the answer is known: nothing is sent, and it is in no figure. Of a batch: all of its parts' */
  uint64_t limit_ns;  /* the operation takes at most so long, also where its timeout is longer; 0: as its timeout is */
  bool since_opening; /* the opening has asked for its answer: nothing is sent, and its times count from there (open_label) */
} pl_protocol_request;

/* What an operation that is a part of a batch has reached, a set. */
enum { PL_PART_BEGUN = 1, PL_PART_SENT = 2, PL_PART_ANSWERED = 4, PL_PART_DONE = 8, PL_PART_LATE = 16 /* done, by a limit of its own */ };

/* An option, and of what kind its value is; PL_TREE_NIL: the protocol itself looks at that. */
typedef struct pl_protocol_option {
  const char *name; /* NULL: the end of a list */
  enum pl_tree_kind kind;
} pl_protocol_option;

enum { PL_PROTOCOL_OPTIONS = 24 }; /* of a list */

typedef struct pl_protocol {
  pl_module_head head;
  const char *word;             /* of `user`: user:redis(url, options) */
  const char *scheme;           /* of its URLs, */
  const char *secure_scheme;    /* and of those over TLS; NULL: none */
  uint16_t port, secure_port;   /* where the URL names none; 0: it must */
  bool datagram;                /* UDP: each send is one datagram, each receive one or more whole ones; empty ones are passed over, and so is
                                   what came before a request that has an answer */
  bool listens;                 /* over bytes: receive sees what comes while no operation is in flight as well, and keeps what it takes; it does
                                   not say DONE then */
  bool keeps_end;               /* over bytes, without open_label: what the peer said before it ended waits for the operations that read, and so
                                   does the end; one that sends connects again once nothing is left to read */
  const char *alpn;             /* offered over TLS, NULL: none */
  const char *const *operations; /* methods of the channel's Lua object; ends with NULL */
  const pl_protocol_option *options; /* of a channel; those of the opening's figures besides, where there is open_label */
  const pl_protocol_option *named; /* of operations, besides name, timeout and tags */
  bool described;               /* the scenario's descriptors are an option of its channels: "descriptors" */
  const char *table_operation;  /* the operation for which a table without a list in it is an argument, not its options; NULL: none */
  const char *open_label;       /* opening is an operation of its own, of this name, and a broken connection stays broken; NULL: it
                                   belongs to the operation that needs it, again after a failure */
  size_t size;                  /* bytes of a conversation, zeroed by the caller before open */

  /* Reads the channel's options, an operation that is called "open" in messages. a outlives the conversation. Errors: PL_EINVAL
   * (an option), PL_ENOMEM. */
  int (*open)(void *conversation, const pl_url *url, const pl_tree *options, const pl_allocator *a, pl_error *err);
  /* Frees what open and the calls after it took; also after a failed open. */
  void (*close)(void *conversation);
  const pl_line_kind *line;     /* of a conversation; NULL: bytes over a socket of ours */
  /* The path of the Unix socket that the URL names, empty: it names a host. NULL: always that. */
  pl_str (*socket_path)(const void *conversation);
  /* Over bytes: the connection stands: appends what the client says first (log-in, upgrade). Returns DONE when the conversation is open at
   * once, MORE when receive is to see the answer first. NULL: open at once. */
  int (*greet)(void *conversation, pl_buf *out, const char **why);
  /* One operation. args: list of what the script gave, named: map of its options (without those of channel.c: name, timeout,
   * tags). Appends the bytes to send. Errors: PL_EINVAL (misuse: the script's error), PL_ENOMEM. */
  int (*begin)(void *conversation, pl_str operation, const pl_tree *args, const pl_tree *named, pl_buf *out,
               pl_protocol_request *request, pl_error *err);
  /* Over bytes: bytes from the peer, for the greeting or the operation in flight; *used of them were taken (the others are offered again,
   * with what follows them). data is never NULL; len 0: the operation has just begun, perhaps its answer is there already. Appends to out what must be
   * said at once (a pong). Errors: PL_ETRUNC (what the peer had to say has ended before the answer), else it broke the protocol. */
  int (*receive)(void *conversation, char *data, size_t len, size_t *used, pl_buf *out, const char **why);
  /* Over bytes: whether what was received since begin has brought the first byte of the operation's answer. NULL: any byte does. */
  bool (*answers)(const void *conversation);
  /* Over bytes: the peer closed the connection: DONE when that completes the operation, else PL_ETRUNC or PL_ERESET with *why. While none is in
   * flight (listens) MORE when operations may still ask for what was kept. NULL: never. */
  int (*ended)(void *conversation, const char **why);
  /* Over bytes, with open_label: 0, or why no operation can be sent any more, though the connection may stand until the peer closes it: PL_EPROTO
   * or PL_ERESET, with *why. NULL: always 0. */
  int (*over)(const void *conversation, const char **why);
  /* After DONE of an operation: its value (in the arena; pieces of the conversation may be borrowed), and its status for the
   * figures (0: good; what a protocol has as error code; of an opening: it was refused, and the connection is hung up), with *why when
   * status is not 0. The value of such is what the peer reported, or a list, what it answered to each of several, some of which failed:
   * that remains the operation's value. */
  int (*result)(void *conversation, pl_arena *arena, pl_tree *value, int *status, const char **why);
  /* Operations at the same time, the operation "batch": its args have for each a list of two, the list of its arguments and the map of
   * its options; named has parallel, the most at a time, where that is given. All NULL: there is no such operation. The request name of
   * number i unless the script gives one; what it has reached; and, when it is done, its result. */
  const char *(*part_label)(const void *conversation, size_t i);
  unsigned (*part)(const void *conversation, size_t i);
  /* The time: parts that have taken longer than a limit of their own are done, *ended tells of such, and receive is called with nothing for
   * what follows from that. Returns when the next one will have, 0: none has a limit. NULL: no part ever has. */
  uint64_t (*part_limits)(void *conversation, uint64_t now_ns, bool *ended);
  int (*part_result)(void *conversation, size_t i, pl_arena *arena, pl_tree *value, int *status, const char **why);
} pl_protocol;

#endif

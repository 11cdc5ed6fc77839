/* A conversation of plain bytes: what tcp.c and udp.c have in common. Texts are sent as they are, what comes is collected until it is
 * what the script expects (expect.h). */
#ifndef PL_LOAD_MODULES_PLAIN_H
#define PL_LOAD_MODULES_PLAIN_H

#include "load/modules/expect.h"
#include "load/protocol.h"

typedef struct pl_plain {
  pl_buf received;  /* of the operation in flight, or the one that is done; at most PL_EXPECT_MAX */
  pl_expect expect;
  size_t value_len; /* how much of received is the value; that of a send is true */
  bool only_sends;  /* the operation in flight */
} pl_plain;

/* send(text), receive { ... }, exchange { text, ... }, and the options of the last two; both end with NULL. */
extern const char *const pl_plain_operations[];
extern const pl_protocol_option pl_plain_named[];
/* Those of a channel: none. */
extern const pl_protocol_option pl_plain_options[];

/* As those of pl_protocol; the conversation is a pl_plain. */
int pl_plain_open(void *conversation, const pl_url *url, const pl_tree *options, const pl_allocator *a, pl_error *err);
/* Frees what it holds. */
void pl_plain_close(void *conversation);
/* Of a stream: bytes behind what is expected are left. */
int pl_plain_receive(void *conversation, char *data, size_t len, size_t *used, pl_buf *out, const char **why);
/* The value, borrowed until the next operation. */
int pl_plain_result(void *conversation, pl_arena *arena, pl_tree *value, int *status, const char **why);

/* As `begin` of pl_protocol. who: the protocol's word, for messages and request names. */
int pl_plain_begin(pl_plain *c, const char *who, pl_str operation, const pl_tree *args, const pl_tree *named, pl_buf *out,
                   pl_protocol_request *request, pl_error *err);

#endif

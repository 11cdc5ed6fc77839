/* The HTTP request that opens a conversation which then leaves HTTP (WebSocket) or never ends (event streams): its head, and the
 * head of its answer. Part of those modules. */
#ifndef PL_LOAD_MODULES_GET_H
#define PL_LOAD_MODULES_GET_H

#include "base/buf.h"
#include "base/tree.h"
#include "load/http1.h"
#include "net/url.h"

/* A copy of what the request is made of, because options do not outlive the opening. */
typedef struct pl_get {
  pl_buf head;     /* request line and headers, without the blank line */
  pl_buf answer;   /* bytes of the answer's head so far */
  int refused;     /* the answer's status, where it is an error of HTTP's; 0: it is none */
} pl_get;

/* options.headers is a map { name = text }. Errors: PL_EINVAL, PL_ENOMEM. */
int pl_get_init(pl_get *g, const pl_url *url, uint16_t usual_port, const pl_tree *options, const pl_allocator *a, pl_error *err) PL_MUSTCHECK;
/* Frees both buffers. */
void pl_get_fini(pl_get *g);

/* Takes bytes up to the end of the answer's head (interim answers are skipped). Returns 1 (head is parsed, *used bytes were
 * taken), 0, or PL_EPROTO, PL_ENOMEM with *why. */
int pl_get_answer(pl_get *g, const char *data, size_t len, size_t *used, pl_http1_head *head, const char **why);

/* Whether an answer that does not open the conversation is an error of HTTP's (status 400 or above), which is kept for the figures. Any other
 * breaks the protocol. */
bool pl_get_refused(pl_get *g, const pl_http1_head *head);

/* Value of a header of the answer, or data NULL. */
pl_str pl_get_header(const pl_get *g, const char *name);

#endif

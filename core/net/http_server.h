/* An HTTP server on a libuv loop: a module that serves (httpd.h), its descriptor and its time watched. The loop's thread. */
#ifndef PL_NET_HTTP_SERVER_H
#define PL_NET_HTTP_SERVER_H

#include <stdbool.h>
#include <uv.h>

#include "net/httpd.h"

typedef struct pl_http_server pl_http_server;

/* Listens, and loads the module ("httpd", "grpcd") when it is its first. module_dir: see io/module.h. o is copied; its functions are called from the
 * loop only. turned (may be NULL), with o->user, is called after each turn in which there was something to do: who answers several
 * requests together does it there, and says whether any was answered. Errors: those of the module's open, with the address; PL_ENOENT, PL_EVERSION (the module). */
int pl_http_server_open(const pl_httpd_options *o, uv_loop_t *loop, const char *module, const char *module_dir, bool (*turned)(void *user),
                        pl_http_server **out, pl_error *err) PL_MUSTCHECK;
/* Ends at once; the loop must be run afterwards, then its memory is freed. NULL is fine. */
void pl_http_server_close(pl_http_server *s);

/* Where it listens. */
uint16_t pl_http_server_port(const pl_http_server *s);

/* A header of a request, in any case; data NULL: there is none. Valid until the request is answered. */
pl_str pl_http_header(const pl_http_server *s, const pl_http_request *r, const char *name);
/* An argument of its query, decoded; data NULL: there is none, or one without a value. */
pl_str pl_http_argument(const pl_http_server *s, const pl_http_request *r, const char *name);
/* Answers a request, now or later. */
void pl_http_answer_with(pl_http_server *s, pl_http_request *r, const pl_http_answer *a);

#endif

/* Transfers by libcurl, as the module "curl": what is asked once a minute needs every corner of HTTP, and would cost each start. The
 * module knows no loop and resolves no name: its owner watches the sockets that it names, says what time it is, and gives it the
 * addresses to connect to. One thread. */
#ifndef PL_NET_CURL_H
#define PL_NET_CURL_H

#include <sys/socket.h>

#include "io/module.h"
#include "net/http.h"

#define PL_CURL_ABI 1

enum { PL_CURL_READ = 1, PL_CURL_WRITE = 2 };

/* What the module calls: watch and due from inside any of its functions, the others from inside ready. */
typedef struct pl_curl_hooks {
  /* Which events of a socket matter from now on; 0: it is about to be closed. http is open's. */
  void (*watch)(void *http, int fd, int events);
  /* Milliseconds after which to call ready though no socket is; -1: nothing is due. */
  void (*due)(void *http, long ms);
  /* The rest of a transfer: call is start's. */
  bool (*may_connect)(void *call, const struct sockaddr *address);
  void (*phase)(void *call, enum pl_http_phase phase); /* one begins; what is sent again goes back to PL_HTTP_SEND or before */
  bool (*head)(void *call, pl_str line); /* a line of an answer's head, with its end; false: stop */
  bool (*body)(void *call, pl_str bytes); /* decoded; false: stop */
  /* The transfer is over and gone. code: 0 or an error with why. Not called after stop. */
  void (*done)(void *call, int code, const char *why, const pl_http_answer *answer);
} pl_curl_hooks;

/* Where a transfer goes; copied. */
typedef struct pl_curl_target {
  const char *url;       /* http or https */
  const char *socket;    /* path of a Unix socket to connect to; NULL: none */
  const char *addresses; /* "host:port:address,[address]": where that name is; empty: nobody has to be asked */
} pl_curl_target;

typedef struct pl_curl_module {
  pl_module_head head;
  /* PL_ENOMEM. hooks are kept by address. */
  int (*open)(const pl_curl_hooks *hooks, void *http, void **out, pl_error *err);
  /* After its transfers; closes every connection. */
  void (*close)(void *curl);
  /* The request lives as long as the transfer; its URL is the target's. PL_EINVAL, PL_ENOMEM. */
  int (*start)(void *curl, const pl_http_request *request, const pl_curl_target *target, void *call, void **transfer, pl_error *err);
  /* Ends a transfer that is not done, at once and silently. Not from inside a hook. */
  void (*stop)(void *transfer);
  /* A socket is ready for these events; fd -1: time has passed. */
  void (*ready)(void *curl, int fd, int events);
} pl_curl_module;

#endif

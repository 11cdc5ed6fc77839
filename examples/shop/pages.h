/* What the shop answers. A table of pages, one function each. */
#ifndef SHOP_PAGES_H
#define SHOP_PAGES_H

#include <microhttpd.h>
#include <stdio.h>

#include "catalogue.h"
#include "gate.h"
#include "metrics.h"
#include "trouble.h"

enum { PAGES_BODY = 64 << 10 };

typedef struct shop {
  catalogue *catalogue;
  trouble trouble;
  gate *gate;
  metrics metrics;
  FILE *journal;
} shop;

typedef struct request {
  gate_pass pass;
  uint64_t arrival_ns, answered_ns; /* answered: handed to libmicrohttpd for sending; 0: never */
  const char *method;
  char path[256];
  char *body;      /* NUL-terminated; NULL: none */
  size_t body_len;
  unsigned page;   /* number in the table, for the metrics */
  unsigned status;
} request;

/* Finds the page of a path: r->page. */
void pages_find(request *r);
/* Answers; MHD_NO closes the connection without an answer. */
enum MHD_Result pages_answer(shop *s, request *r);
extern const char *const pages_names[];
extern const unsigned pages_count;

#endif

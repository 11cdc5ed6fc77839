/* See pages.h. */
#include "pages.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "clock.h"

enum { BYTES_MAX = 64 << 20, BLOCK = 32 << 10 };

/* ---- Answers -------------------------------------------------------------------------------------- */

static enum MHD_Result queue(request *r, struct MHD_Response *response, unsigned status)
{
  if (!response)
    return MHD_NO;
  r->status = status;
  r->answered_ns = clock_now();
  enum MHD_Result done = MHD_queue_response(r->pass.connection, status, response);
  MHD_destroy_response(response);
  return done;
}

static struct MHD_Response *with_type(struct MHD_Response *response, const char *type)
{
  if (response)
    MHD_add_response_header(response, "Content-Type", type);
  return response;
}

static enum MHD_Result fixed(request *r, unsigned status, const char *type, const char *text)
{
  union {
    const char *read_only;
    void *data;
  } u = {text};
  return queue(r, with_type(MHD_create_response_from_buffer(strlen(text), u.data, MHD_RESPMEM_PERSISTENT), type), status);
}

/* text: of malloc, given away; NULL is 404. */
static enum MHD_Result json(request *r, unsigned status, char *text)
{
  if (!text)
    return fixed(r, 404, "application/json", "{\"error\":\"not found\"}\n");
  return queue(r, with_type(MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE), "application/json"), status);
}

static int number_argument(request *r, const char *name, int fallback)
{
  const char *text = MHD_lookup_connection_value(r->pass.connection, MHD_GET_ARGUMENT_KIND, name);
  return text ? atoi(text) : fallback;
}

/* The item of "item=7" or {"item": 7}. */
static int item_of(const request *r)
{
  const char *at = r->body ? strstr(r->body, "item") : NULL;
  return at ? atoi(at + strcspn(at, "0123456789")) : 0;
}

/* ---- Pages ---------------------------------------------------------------------------------------- */

static enum MHD_Result home(shop *s, request *r)
{
  (void)s;
  return fixed(r, 200, "text/html", "<!doctype html><title>The lamp shop</title><h1>Lamps</h1>\n");
}

static enum MHD_Result products(shop *s, request *r)
{
  const char *id = r->path + strlen("/products");
  if (*id == '/')
    return json(r, 200, catalogue_product(s->catalogue, atoi(id + 1)));
  return json(r, 200, catalogue_page(s->catalogue, number_argument(r, "page", 0)));
}

static enum MHD_Result search(shop *s, request *r)
{
  const char *text = MHD_lookup_connection_value(r->pass.connection, MHD_GET_ARGUMENT_KIND, "q");
  return json(r, 200, catalogue_search(s->catalogue, text ? text : "window"));
}

/* The cart lives in a cookie: the shop keeps nothing. */
static enum MHD_Result cart(shop *s, request *r)
{
  (void)s;
  char text[160];
  const char *cookie = MHD_lookup_connection_value(r->pass.connection, MHD_COOKIE_KIND, "item");
  int item = strcmp(r->method, "POST") == 0 ? item_of(r) : cookie ? atoi(cookie) : 0;
  snprintf(text, sizeof text, item ? "{\"items\":[%d],\"token\":\"t%d\"}\n" : "{\"items\":[]}\n", item, item);
  struct MHD_Response *response = with_type(MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_COPY), "application/json");
  snprintf(text, sizeof text, "item=%d; Path=/", item);
  if (response && item)
    MHD_add_response_header(response, "Set-Cookie", text);
  return queue(r, response, 200);
}

static enum MHD_Result checkout(shop *s, request *r)
{
  const char *cookie = MHD_lookup_connection_value(r->pass.connection, MHD_COOKIE_KIND, "item");
  int item = item_of(r);
  if (!item && cookie)
    item = atoi(cookie);
  if (item < 1 || item > CATALOGUE_PRODUCTS)
    return fixed(r, 400, "application/json", "{\"error\":\"no item\"}\n");
  return json(r, 201, catalogue_order(s->catalogue, item));
}

static enum MHD_Result redirect(shop *s, request *r)
{
  (void)s;
  struct MHD_Response *response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
  if (response)
    MHD_add_response_header(response, "Location", "/");
  return queue(r, response, 302);
}

/* n of the query, from 0 to BYTES_MAX. */
static uint64_t size_argument(request *r, int fallback)
{
  int n = number_argument(r, "n", fallback);
  return n < 0 ? 0 : n > BYTES_MAX ? BYTES_MAX : (uint64_t)n;
}

/* cls is the number of bytes in all. */
static ssize_t fill(void *cls, uint64_t at, char *out, size_t max)
{
  const uint64_t *total = cls;
  if (at >= *total)
    return MHD_CONTENT_READER_END_OF_STREAM;
  size_t n = *total - at < max ? (size_t)(*total - at) : max;
  memset(out, 'x', n);
  return (ssize_t)n;
}

static ssize_t fill_half(void *cls, uint64_t at, char *out, size_t max)
{
  const uint64_t *total = cls;
  if (at >= *total / 2)
    return MHD_CONTENT_READER_END_WITH_ERROR;
  size_t n = *total / 2 - at < max ? (size_t)(*total / 2 - at) : max;
  memset(out, 'x', n);
  return (ssize_t)n;
}

static enum MHD_Result stream(request *r, uint64_t size, uint64_t bytes, ssize_t (*reader)(void *, uint64_t, char *, size_t))
{
  uint64_t *total = malloc(sizeof *total);
  if (!total)
    return MHD_NO;
  *total = bytes;
  return queue(r, MHD_create_response_from_callback(size, BLOCK, reader, total, free), 200);
}

static enum MHD_Result bytes(shop *s, request *r)
{
  (void)s;
  uint64_t size = size_argument(r, 1024);
  return stream(r, size, size, fill);
}

static enum MHD_Result chunked(shop *s, request *r)
{
  (void)s;
  return stream(r, MHD_SIZE_UNKNOWN, size_argument(r, 4096), fill);
}

static enum MHD_Result status(shop *s, request *r)
{
  (void)s;
  int code = atoi(r->path + strlen("/status/"));
  return fixed(r, code >= 200 && code < 600 ? (unsigned)code : 400, "text/plain", code == 204 || code == 304 ? "" : "status\n");
}

static enum MHD_Result closing(shop *s, request *r)
{
  (void)s;
  static char text[] = "bye!\n";
  struct MHD_Response *response = MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_PERSISTENT);
  if (response)
    MHD_add_response_header(response, "Connection", "close");
  return queue(r, response, 200);
}

static enum MHD_Result metrics_page(shop *s, request *r)
{
  char *text = metrics_text(&s->metrics, pages_names, pages_count, gate_in_flight(s->gate));
  if (!text)
    return MHD_NO;
  return queue(r, with_type(MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE), "text/plain; version=0.0.4"), 200);
}

/* Body NAME=VALUE (%3A and %2C undone): one switch. */
static enum MHD_Result set_trouble(shop *s, request *r)
{
  char *value = r->body ? strchr(r->body, '=') : NULL;
  if (!value)
    return fixed(r, 400, "text/plain", "write NAME=VALUE\n");
  *value++ = '\0';
  MHD_http_unescape(value);
  const char *wrong = trouble_set(&s->trouble, r->body, value);
  return wrong ? fixed(r, 400, "text/plain", wrong) : fixed(r, 204, "text/plain", "");
}

static enum MHD_Result flush(shop *s, request *r)
{
  if (s->journal)
    fflush(s->journal);
  return fixed(r, 204, "text/plain", "");
}

static enum MHD_Result not_found(shop *s, request *r)
{
  (void)s;
  return fixed(r, 404, "text/plain", "there is no such page\n");
}

/* ---- The table ------------------------------------------------------------------------------------ */

typedef struct page {
  const char *path;
  int prefix;    /* what follows belongs to it */
  int untroubled;
  enum MHD_Result (*answer)(shop *s, request *r);
} page;

static const page pages[] = {
    {"/", 0, 0, home},              {"/products", 1, 0, products}, {"/search", 0, 0, search},   {"/cart", 0, 0, cart},
    {"/checkout", 0, 0, checkout},  {"/redirect", 0, 0, redirect}, {"/bytes", 0, 0, bytes},     {"/chunked", 0, 0, chunked},
    {"/status/", 1, 0, status},     {"/close", 0, 0, closing},     {"/health", 0, 1, home},     {"/metrics", 0, 1, metrics_page},
    {"/trouble", 0, 1, set_trouble}, {"/flush", 0, 1, flush},      {NULL, 0, 0, not_found},
};
const char *const pages_names[] = {"home", "products", "search", "cart", "checkout", "redirect", "bytes", "chunked",
                                   "status", "close", "health", "metrics", "trouble", "flush", "none"};
const unsigned pages_count = sizeof pages / sizeof *pages;

void pages_find(request *r)
{
  for (r->page = 0; pages[r->page].path; r->page++) {
    const page *p = &pages[r->page];
    if (p->prefix ? strncmp(r->path, p->path, strlen(p->path)) == 0 : strcmp(r->path, p->path) == 0)
      return;
  }
}

/* The connection is reset: closed with unsent data thrown away. */
static enum MHD_Result reset(request *r)
{
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(r->pass.connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  struct linger linger = {1, 0};
  if (info)
    setsockopt(info->connect_fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
  return MHD_NO;
}

enum MHD_Result pages_answer(shop *s, request *r)
{
  const page *p = &pages[r->page];
  if (p->untroubled)
    return p->answer(s, r);
  if (!gate_enter(s->gate, &r->pass))
    return MHD_YES; /* this function is called again */
  if (trouble_chance(&s->trouble, &s->trouble.reset))
    return reset(r);
  if (trouble_chance(&s->trouble, &s->trouble.errors))
    return fixed(r, 503, "text/plain", "try again later\n");
  if (trouble_chance(&s->trouble, &s->trouble.truncate))
    return stream(r, 2000, 2000, fill_half);
  if (trouble_chance(&s->trouble, &s->trouble.close))
    return closing(s, r);
  return p->answer(s, r);
}

/* HTTP over TLS: who is trusted, what is agreed on, bytes in records of all sizes. */
#include <signal.h>

#include "load/tls_peer.h"

typedef struct fixture {
  wire w;
  identity ca, server;
  SSL_CTX *peer;
  char url[96];
  pl_tls_settings tls; /* trusts ca */
  pl_route route;
} fixture;

static int set_up(void **state)
{
  fixture *f = calloc(1, sizeof *f);
  wire_open(&f->w, 0);
  identity_make(&f->ca, NULL, NULL, 86400);
  identity_make(&f->server, "IP:127.0.0.1,DNS:shop.example", &f->ca, 40000);
  f->peer = peer_context(&f->server);
  (void)snprintf(f->url, sizeof f->url, "https://127.0.0.1:%d/a", f->w.port[0]);
  f->tls.ca = pl_str_of(f->ca.cert_pem);
  f->route.tls = &f->tls;
  *state = f;
  return 0;
}

static int tear_down(void **state)
{
  fixture *f = *state;
  wire_close(&f->w);
  SSL_CTX_free(f->peer);
  identity_free(&f->ca);
  identity_free(&f->server);
  free(f);
  return 0;
}

static wire_exchange *request(fixture *f, const char *method)
{
  f->w.e[0].route = &f->route;
  return wire_request(&f->w, 0, method, f->url);
}

static SSL *begin(fixture *f, wire_exchange **e)
{
  *e = request(f, "GET");
  wire_send(*e);
  return peer_accept(&f->w, f->peer);
}

/* A request under the fixture's settings fails with TLS and these words. */
static void expect_failure(fixture *f, const char *words)
{
  wire_exchange *e;
  SSL *s = begin(f, &e);
  if (e->pending && s)
    (void)peer_read(&f->w, s);
  while (e->pending)
    wire_turn(&f->w);
  assert_int_equal(e->failure, PL_FAIL_TLS);
  if (!strstr(e->why, words))
    fail_msg("%s", e->why);
  if (s)
    peer_close(s);
}

static const pl_client_stats *stats_of(fixture *f)
{
  static pl_client_stats stats;
  pl_client_stats_get(f->w.client, &stats);
  return &stats;
}

static void a_trusted_server_answers(void **state)
{
  fixture *f = *state;
  wire_exchange *e;
  SSL *s = begin(f, &e);
  assert_non_null(s);
  const char *text = peer_read(&f->w, s);
  char host[64];
  (void)snprintf(host, sizeof host, "GET /a HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n", f->w.port[0]);
  assert_memory_equal(text, host, strlen(host));
  peer_write(&f->w, s, WIRE_OK, strlen(WIRE_OK));
  wire_await(e);
  assert_int_equal(e->status, 200);
  assert_string_equal(e->body, "ok");
  const pl_times *t = &e->x.times;
  assert_true(t->begin <= t->connected && t->connected < t->secured && t->secured <= t->send && t->send <= t->first_byte);
  const pl_client_stats *stats = stats_of(f);
  assert_int_equal(stats->tls.full.n, 1);
  assert_true(stats->tls.full.total_ns > 0 && stats->tls.full.total_ns <= t->secured - t->begin);
  assert_string_equal(stats->tls.last.version, "TLSv1.3");
  assert_true(stats->tls.last.cipher[0] != '\0');
  int64_t left = stats->tls.last.expires_s - (int64_t)(pl_wall(&pl_clock_system) / (int64_t)PL_S_NS);
  assert_true(left > 39000 && left <= 40000);
  /* kept, with the tickets that came after the handshake */
  wire_send(e);
  peer_answer(&f->w, s, WIRE_OK);
  wire_await(e);
  assert_false(e->new_connection);
  assert_int_equal(e->x.times.secured, 0);
  peer_close(s);
}

static void others_are_refused_unless_insecure(void **state)
{
  fixture *f = *state;
  identity other;
  identity_make(&other, NULL, NULL, 86400);
  f->tls.ca = pl_str_of(other.cert_pem);
  expect_failure(f, "certificate: ");
  pl_tls_settings insecure = {.insecure = true};
  f->w.e[0].route = &(pl_route){.tls = &insecure};
  wire_exchange *e = wire_request(&f->w, 0, "GET", f->url);
  wire_send(e);
  SSL *s = peer_accept(&f->w, f->peer);
  assert_non_null(s);
  peer_answer(&f->w, s, WIRE_OK);
  wire_await(e);
  assert_int_equal(e->status, 200);
  peer_close(s);
  identity_free(&other);
}

static void the_server_must_be_the_one_that_was_named(void **state)
{
  fixture *f = *state;
  f->tls.server_name = PL_STR("other.example");
  expect_failure(f, "certificate: hostname mismatch");
}

static int seen_name(SSL *s, int *alert, void *out)
{
  (void)alert;
  const char *name = SSL_get_servername(s, TLSEXT_NAMETYPE_host_name);
  (void)pl_copy(out, 64, pl_str_of(name));
  return SSL_TLSEXT_ERR_OK;
}

static void a_name_may_be_asked_for(void **state)
{
  fixture *f = *state;
  wire_exchange *e;
  char name[64] = "";
  SSL_CTX_set_tlsext_servername_callback(f->peer, seen_name);
  SSL_CTX_set_tlsext_servername_arg(f->peer, name);
  f->tls.server_name = PL_STR("shop.example");
  SSL *s = begin(f, &e);
  peer_answer(&f->w, s, WIRE_OK);
  wire_await(e);
  assert_int_equal(e->status, 200);
  assert_string_equal(name, "shop.example");
  peer_close(s);
}

static void an_expired_certificate_is_refused(void **state)
{
  fixture *f = *state;
  identity old;
  identity_make(&old, "IP:127.0.0.1", &f->ca, -60);
  SSL_CTX_free(f->peer);
  f->peer = peer_context(&old);
  expect_failure(f, "certificate: certificate has expired");
  identity_free(&old);
}

static void the_client_shows_its_certificate(void **state)
{
  fixture *f = *state;
  wire_exchange *e;
  SSL_CTX_set_verify(f->peer, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
  X509_STORE_add_cert(SSL_CTX_get_cert_store(f->peer), f->ca.x);
  expect_failure(f, "TLS: ");
  identity own;
  identity_make(&own, "DNS:client.example", &f->ca, 86400);
  pl_tls_settings with = f->tls;
  with.cert = pl_str_of(own.cert_pem);
  with.key = pl_str_of(own.key_pem);
  f->w.e[0].route = &(pl_route){.tls = &with};
  e = wire_request(&f->w, 0, "GET", f->url);
  wire_send(e);
  SSL *s = peer_accept(&f->w, f->peer);
  assert_non_null(s);
  assert_int_equal(X509_cmp(SSL_get0_peer_certificate(s), own.x), 0);
  peer_answer(&f->w, s, WIRE_OK);
  wire_await(e);
  assert_int_equal(e->status, 200);
  peer_close(s);
  identity_free(&own);
}

static void versions_and_ciphers_are_as_asked(void **state)
{
  fixture *f = *state;
  wire_exchange *e;
  SSL_CTX_set_max_proto_version(f->peer, TLS1_2_VERSION);
  f->tls.min = PL_STR("1.3");
  expect_failure(f, "TLS: ");
  pl_tls_settings old = f->tls;
  old.min = old.max = PL_STR("1.2");
  old.ciphers = PL_STR("ECDHE-ECDSA-CHACHA20-POLY1305:TLS_AES_128_GCM_SHA256");
  old.groups = PL_STR("P-256");
  f->w.e[0].route = &(pl_route){.tls = &old};
  e = wire_request(&f->w, 0, "GET", f->url);
  wire_send(e);
  SSL *s = peer_accept(&f->w, f->peer);
  assert_non_null(s);
  peer_answer(&f->w, s, WIRE_OK);
  wire_await(e);
  assert_string_equal(stats_of(f)->tls.last.version, "TLSv1.2");
  assert_string_equal(stats_of(f)->tls.last.cipher, "ECDHE-ECDSA-CHACHA20-POLY1305");
  peer_close(s);
}

static int choose(SSL *s, const unsigned char **out, unsigned char *len, const unsigned char *in, unsigned n, void *wanted)
{
  (void)s;
  const unsigned char *list = wanted;
  unsigned char *found;
  if (SSL_select_next_proto(&found, len, list, (unsigned)strlen(wanted), in, n) != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_NOACK;
  *out = found;
  return SSL_TLSEXT_ERR_OK;
}

static void what_the_server_chooses_must_be_spoken_here(void **state)
{
  fixture *f = *state;
  wire_exchange *e;
  static char both[] = "\x02h2\x08http/1.1";
  SSL_CTX_set_alpn_select_cb(f->peer, choose, both);
  SSL *s = begin(f, &e);
  peer_answer(&f->w, s, WIRE_OK);
  wire_await(e);
  assert_int_equal(e->status, 200);
  assert_string_equal(stats_of(f)->tls.last.protocol, "http/1.1");
  peer_close(s);
  pl_tls_settings more = f->tls;
  more.alpn = PL_STR("h2, http/1.1");
  f->w.e[0].route = &(pl_route){.tls = &more};
  e = wire_request(&f->w, 0, "GET", f->url);
  wire_send(e);
  s = peer_accept(&f->w, f->peer);
  while (e->pending)
    wire_turn(&f->w);
  assert_int_equal(e->failure, PL_FAIL_TLS);
  assert_string_equal(e->why, "TLS: the server chose h2");
  if (s)
    peer_close(s);
}

/* Two connections by this route, one after the other; how many resumed a session. */
static uint64_t resumed_of_two(fixture *f, const pl_route *route)
{
  uint64_t before = stats_of(f)->tls.resumed.n;
  f->w.e[0].route = route;
  wire_exchange *e = wire_request(&f->w, 0, "GET", f->url);
  for (int i = 0; i < 2; i++) {
    wire_send(e);
    SSL *s = peer_accept(&f->w, f->peer);
    peer_answer(&f->w, s, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    wire_await(e);
    assert_int_equal(e->status, 200);
    assert_true(e->new_connection);
    peer_close(s);
  }
  return stats_of(f)->tls.resumed.n - before;
}

static void sessions_are_resumed_when_asked_for(void **state)
{
  fixture *f = *state;
  pl_tls_settings resume = f->tls;
  resume.resume = true;
  SSL_CTX_set_session_id_context(f->peer, (const unsigned char *)"test", 4);
  assert_int_equal(resumed_of_two(f, &f->route), 0);
  assert_int_equal(resumed_of_two(f, &(pl_route){.tls = &resume}), 1);
  assert_int_equal(stats_of(f)->tls.full.n, 3);
  assert_true(stats_of(f)->tls.resumed.total_ns > 0);
}

/* ---- Bytes -------------------------------------------------------------------------------------- */

static void answers_come_in_records_of_any_size(void **state)
{
  static const char answer[] = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                               "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n";
  fixture *f = *state;
  wire_exchange *e;
  SSL *s = begin(f, &e);
  for (size_t n = 1; n < sizeof answer; n += n < 10 ? 1 : 13) {
    (void)peer_read(&f->w, s);
    for (size_t at = 0; at < sizeof answer - 1; at += n)
      peer_write(&f->w, s, answer + at, sizeof answer - 1 - at < n ? sizeof answer - 1 - at : n);
    wire_await(e);
    assert_int_equal(e->status, 200);
    assert_string_equal(e->body, "hello world");
    wire_send(e);
  }
  peer_close(s);
}

static void large_bodies_go_both_ways(void **state)
{
  enum { SIZE = 3 << 20 };
  fixture *f = *state;
  char *up = malloc(SIZE), *down = malloc(SIZE + 100);
  memset(up, 'u', SIZE);
  int head = sprintf(down, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", SIZE);
  memset(down + head, 'd', SIZE);
  f->w.e[0].parts.body = (pl_str){up, SIZE};
  wire_exchange *e = request(f, "POST");
  wire_send(e);
  SSL *s = peer_accept(&f->w, f->peer);
  size_t got = 0, part;
  size_t wanted = SIZE + e->head.len;
  while (got < wanted) {
    static char buffer[65536];
    if (SSL_read_ex(s, buffer, sizeof buffer, &part) == 1)
      got += part;
    else
      wire_turn(&f->w);
  }
  assert_int_equal(got, wanted);
  peer_write(&f->w, s, down, (size_t)head + SIZE);
  while (e->pending)
    wire_turn(&f->w);
  assert_int_equal(e->status, 200);
  assert_int_equal(e->body_len, SIZE);
  assert_int_equal(e->x.answer.bytes_sent, wanted);
  assert_int_equal(e->x.answer.bytes_received, (size_t)head + SIZE);
  free(up);
  free(down);
  peer_close(s);
}

static void a_server_that_closes_is_connected_again(void **state)
{
  fixture *f = *state;
  wire_exchange *e;
  SSL *s = begin(f, &e);
  peer_answer(&f->w, s, WIRE_OK);
  wire_await(e);
  peer_close(s);
  while (stats_of(f)->open)
    wire_turn(&f->w);
  wire_send(e);
  s = peer_accept(&f->w, f->peer);
  peer_answer(&f->w, s, WIRE_OK);
  wire_await(e);
  assert_int_equal(e->status, 200);
  assert_true(e->new_connection);
  peer_close(s);
}

/* The end comes in the same bytes as the answer: there is nothing more to wait for on the socket. */
static void an_end_behind_the_answer_is_seen(void **state)
{
  fixture *f = *state;
  wire_exchange *e;
  SSL *s = begin(f, &e);
  (void)peer_read(&f->w, s);
  BIO_set_nbio(SSL_get_wbio(s), 1);
  SSL_write(s, "HTTP/1.1 200 OK\r\n\r\nuntil the end", 32);
  (void)SSL_shutdown(s); /* the socket stays open */
  wire_await(e);
  assert_int_equal(e->status, 200);
  assert_string_equal(e->body, "until the end");
  peer_close(s);
}

static void what_is_no_tls_is_told(void **state)
{
  fixture *f = *state;
  wire_exchange *e = request(f, "GET");
  wire_send(e);
  int fd = wire_accept(&f->w, 0);
  wire_write(fd, "HTTP/1.1 400 Bad Request\r\n\r\n");
  wire_await(e);
  assert_int_equal(e->failure, PL_FAIL_TLS);
  assert_string_equal(e->why, "no TLS: wrong version number");
  close(fd);
  wire_send(e);
  fd = wire_accept(&f->w, 0);
  close(fd);
  wire_await(e);
  assert_int_equal(e->failure, PL_FAIL_TLS);
}

static void a_handshake_has_the_limit_of_the_connect(void **state)
{
  fixture *f = *state;
  wire_exchange *e = request(f, "GET");
  e->x.connect_timeout_ns = 30 * PL_MS_NS;
  wire_send(e);
  int fd = wire_accept(&f->w, 0);
  wire_await(e);
  assert_int_equal(e->failure, PL_FAIL_TIMEOUT);
  assert_string_equal(e->why, "no connection in time");
  close(fd);
}

/* ---- Settings ----------------------------------------------------------------------------------- */

static void expect_bad(fixture *f, pl_tls_settings *s, const char *words)
{
  pl_error err = {0};
  assert_int_equal(pl_client_secure(f->w.client, s, &err), s->ca.len || s->cert.len ? PL_ECORRUPT : PL_EINVAL); /* what files hold */
  if (!strstr(err.message, words))
    fail_msg("%s", err.message);
}

static void wrong_settings_are_named(void **state)
{
  fixture *f = *state;
  identity other;
  identity_make(&other, "DNS:x", NULL, 100);
  pl_tls_settings s[] = {
      {.ca = PL_STR("no PEM")},
      {.cert = PL_STR("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")},
      {.cert = pl_str_of(f->server.cert_pem), .key = pl_str_of(other.key_pem)},
      {.min = PL_STR("1.4")},
      {.max = PL_STR("SSLv3")},
      {.ciphers = PL_STR("NO-SUCH-CIPHER")},
      {.ciphers = PL_STR("TLS_NO_SUCH")},
      {.groups = PL_STR("P-1")},
      {.alpn = PL_STR("h2,,x")},
      {.cert = pl_str_of(f->server.cert_pem), .key = pl_str_of(f->server.cert_pem)},
  };
  static const char *const words[] = {"tls.ca: ", "tls.cert: ", "tls.key: ", "tls.min", "tls.max", "tls.ciphers: \"NO-SUCH-CIPHER\" are not all names", "tls.ciphers: \"TLS_NO_SUCH\"", "tls.groups: \"P-1\" are not all names that OpenSSL has here; write X25519:P-256", "tls.alpn: ", "tls.key: no private key"};
  for (size_t i = 0; i < sizeof s / sizeof *s; i++)
    expect_bad(f, &s[i], words[i]);
  identity_free(&other);
}

static void without_the_module_it_says_so(void **state)
{
  (void)state;
  pl_client_options o = {.alloc = &pl_alloc_default, .clock = &pl_clock_system, .module_dir = "/nowhere"};
  pl_client *c;
  pl_error err = {0};
  assert_int_equal(pl_client_new(&o, &c, NULL), 0);
  assert_int_equal(pl_client_secure(c, NULL, &err), PL_ENOENT);
  assert_non_null(strstr(err.message, "module tls"));
  pl_client_close(c, NULL, NULL);
}

int main(void)
{
  (void)sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, NULL); /* the server's OpenSSL writes to closed sockets */
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      CASE(a_trusted_server_answers),
      CASE(others_are_refused_unless_insecure),
      CASE(the_server_must_be_the_one_that_was_named),
      CASE(a_name_may_be_asked_for),
      CASE(an_expired_certificate_is_refused),
      CASE(the_client_shows_its_certificate),
      CASE(versions_and_ciphers_are_as_asked),
      CASE(what_the_server_chooses_must_be_spoken_here),
      CASE(sessions_are_resumed_when_asked_for),
      CASE(answers_come_in_records_of_any_size),
      CASE(large_bodies_go_both_ways),
      CASE(a_server_that_closes_is_connected_again),
      CASE(an_end_behind_the_answer_is_seen),
      CASE(what_is_no_tls_is_told),
      CASE(a_handshake_has_the_limit_of_the_connect),
      CASE(wrong_settings_are_named),
      cmocka_unit_test(without_the_module_it_says_so),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

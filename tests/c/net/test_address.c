/* Addresses of sockets: literals, ports, texts, lists. */
#include "net/address.h"

#include <string.h>

#include "support/failing.h"

static void literals_ask_nobody(void **state)
{
  pl_addresses a;
  (void)state;
  assert_true(pl_address_literal(PL_STR("127.0.0.1"), 80, &a));
  assert_int_equal(a.n, 1);
  assert_int_equal(a.list[0].v4.sin_port, htons(80));
  assert_int_equal(pl_address_size(&a.list[0]), sizeof(struct sockaddr_in));
  assert_true(pl_address_literal(PL_STR("::1"), 81, &a));
  assert_int_equal(a.list[0].v6.sin6_port, htons(81));
  assert_int_equal(pl_address_size(&a.list[0]), sizeof(struct sockaddr_in6));
  assert_false(pl_address_literal(PL_STR("localhost"), 80, &a));
  assert_false(pl_address_literal(PL_STR("1.2.3"), 80, &a));
  assert_false(pl_address_literal(PL_STR("0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0001"), 80, &a));
}

static void ports_are_those_of_the_family(void **state)
{
  pl_addresses a;
  (void)state;
  assert_true(pl_address_literal(PL_STR("::1"), 1, &a));
  pl_address_set_port(&a.list[0], 65535);
  assert_int_equal(pl_address_port(&a.list[0]), 65535);
  assert_true(pl_address_literal(PL_STR("127.0.0.1"), 1, &a));
  pl_address_set_port(&a.list[0], 2);
  assert_int_equal(pl_address_port(&a.list[0]), 2);
  assert_int_equal(a.list[0].v4.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
}

static void loopback_is_a_network_and_an_address(void **state)
{
  static const struct {
    const char *host;
    bool is;
  } cases[] = {{"127.0.0.1", true}, {"127.255.1.2", true}, {"128.0.0.1", false}, {"10.0.0.1", false}, {"::1", true}, {"::2", false}, {"fe80::1", false}};
  pl_addresses a;
  const pl_address other = {.un = {.sun_family = AF_UNIX, .sun_path = "\177"}};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    assert_true(pl_address_literal(pl_str_of(cases[i].host), 1, &a));
    assert_int_equal(pl_address_is_loopback(&a.list[0]), cases[i].is);
  }
  assert_false(pl_address_is_loopback(&other));
}

static void expect_text(const char *host, uint16_t port, size_t size, const char *want)
{
  pl_addresses a;
  char text[PL_ADDRESS_TEXT];
  assert_true(pl_address_literal(pl_str_of(host), port, &a));
  pl_address_text(&a.list[0], text, size);
  assert_string_equal(text, want);
}

static void texts_have_a_port_and_are_cut_to_their_room(void **state)
{
  (void)state;
  expect_text("127.0.0.1", 8080, PL_ADDRESS_TEXT, "127.0.0.1:8080");
  expect_text("0:0::1", 80, PL_ADDRESS_TEXT, "[::1]:80");
  expect_text("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535, PL_ADDRESS_TEXT, "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535");
  expect_text("127.0.0.1", 65535, 8, "127.0.0");
}

static void lists_keep_what_can_be_connected_to(void **state)
{
  pl_addresses a, list = {.n = 0};
  const struct sockaddr_un other = {.sun_family = AF_UNIX};
  (void)state;
  assert_true(pl_address_literal(PL_STR("::1"), 1, &a));
  pl_addresses_add(&list, (const struct sockaddr *)&other, 80);
  assert_int_equal(list.n, 0);
  for (int i = 0; i < PL_ADDRESSES_MAX + 1; i++)
    pl_addresses_add(&list, &a.list[0].any, (uint16_t)(80 + i));
  assert_int_equal(list.n, PL_ADDRESSES_MAX);
  assert_int_equal(pl_address_port(&list.list[0]), 80);
  assert_int_equal(pl_address_port(&list.list[PL_ADDRESSES_MAX - 1]), 80 + PL_ADDRESSES_MAX - 1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(literals_ask_nobody), cmocka_unit_test(ports_are_those_of_the_family),
                                     cmocka_unit_test(loopback_is_a_network_and_an_address),
                                     cmocka_unit_test(texts_have_a_port_and_are_cut_to_their_room), cmocka_unit_test(lists_keep_what_can_be_connected_to)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

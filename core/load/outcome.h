/* What is known of one request when it is over: how it failed, and when each of its steps ended. */
#ifndef PL_LOAD_OUTCOME_H
#define PL_LOAD_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

/* Why a request has no good answer, in the order of the frozen result schema. STATUS, CHECK and
 * SCRIPT are judged above the client. */
#define PL_FAILURE_MAP(X)                                                                          \
  X(PL_FAIL_NONE, "ok")                                                                            \
  X(PL_FAIL_DNS, "dns")                                                                            \
  X(PL_FAIL_CONNECT, "connect")                                                                    \
  X(PL_FAIL_TLS, "tls")                                                                            \
  X(PL_FAIL_TIMEOUT, "timeout")                                                                    \
  X(PL_FAIL_RESET, "reset")                                                                        \
  X(PL_FAIL_PROTOCOL, "protocol")                                                                  \
  X(PL_FAIL_TRUNCATED, "truncated")                                                                \
  X(PL_FAIL_STATUS, "status")                                                                      \
  X(PL_FAIL_CHECK, "check")                                                                        \
  X(PL_FAIL_SCRIPT, "script")                                                                      \
  X(PL_FAIL_ABORTED, "aborted")
#define PL_FAILURE_ENUM(symbol, name) symbol,
enum pl_failure { PL_FAILURE_MAP(PL_FAILURE_ENUM) PL_FAILURES };
#undef PL_FAILURE_ENUM
/* Its name in results: "ok", "dns" ... A static text. */
const char *pl_failure_name(enum pl_failure f);

/* What a peer speaks that was asked in plain HTTP/1, as far as its answer tells. */
enum pl_spoken { PL_SPOKEN_AS_ASKED, PL_SPOKEN_TLS, PL_SPOKEN_HTTP2 };

/* Phases of a request; the order in which the result lists them. */
enum pl_phase { PL_PHASE_DNS, PL_PHASE_CONNECT, PL_PHASE_TLS, PL_PHASE_SEND, PL_PHASE_WAIT, PL_PHASE_RECEIVE, PL_PHASES };
/* Its name in results: "dns", "connect" ... A static text. */
const char *pl_phase_name(enum pl_phase p);

/* Times on the monotonic clock, 0 where the step did not happen. */
typedef struct pl_times {
  uint64_t begin;       /* pl_client_send was called */
  uint64_t opening;     /* the look-up or the connect began, behind the wait for a free place */
  uint64_t resolved, connected, secured; /* ends of these steps, only for the request that opened the connection */
  uint64_t send;        /* just before the first byte went to the socket */
  uint64_t sent;        /* after the last byte went to the socket */
  uint64_t first_byte;  /* just after the read that brought it */
  uint64_t end;         /* just after the read that completed the answer, or the failure; of a timeout: its limit */
  unsigned cut;         /* 1 + the phase that the limit of a timeout has cut: its end is the limit (pl_phases_cut); 0: none */
} pl_times;

#define PL_NO_PHASE UINT64_MAX

/* The durations of a request's phases, the wait for a free place apart; of those that it had, each begins where the one before ended. What
 * sends nothing has no send, what waits for no byte neither wait nor receive. */
void pl_phases_of(const pl_times *t, uint64_t out[PL_PHASES]);

/* A request has reached its limit, t->end, during a phase, which ends there: it took at least so long. PL_PHASES: between phases. */
void pl_phases_cut(pl_times *t, enum pl_phase during);

#endif

/* The inside of a virtual user, shared by user.c (its life) and user_record.c (what is recorded of it). The worker's thread; nothing
 * here calls back. */
#ifndef PL_LOAD_USER_INSIDE_H
#define PL_LOAD_USER_INSIDE_H

#include "load/merge.h"
#include "load/user.h"

/* The first byte of a request is on its way, times.send is set: what pl_exchange.sending tells. */
void pl_user_sending(pl_exchange *x);

/* The request in flight is over: records and judges it. Its outcome waits for its checks, if anything of it was sent.
 * False: its answer was known before anybody was asked, and it is in no figure. */
bool pl_user_record_answer(pl_user *u);
/* An answer to a batch that is not its last, and is a request. The latency of a script's batch is one, at the last answer; the requests
 * of a pipeline have their own, all from the send. */
void pl_user_record_partly(pl_user *u);

/* Counts the outcome of the last request, once: no check changes it any more. */
void pl_user_settle(pl_user *u);
/* The iteration is over: settles its last request, and counts the start and how it ended; now_ns is its end. */
void pl_user_record_iteration(pl_user *u, enum pl_iteration_end end);

/* Counts a text of a kind by itself. */
void pl_user_record_text(const pl_user *u, enum pl_label_kind kind, const char *text);

#endif

/* Errors of Perilune: stable codes, and one error object that needs no allocation.
 *
 * A function that can fail returns 0 or a negative code, and takes a `pl_error *` last (NULL: the
 * caller wants the code only). It clears the error at its start, so that one object serves call after
 * call: afterwards it holds what this call met, or nothing. Within a call the first error wins; each
 * layer that passes it on puts its own operation in front: "open timeline: /tmp/x.db: permission denied". */
#ifndef PERILUNE_ERROR_H
#define PERILUNE_ERROR_H

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define PL_API __attribute__((visibility("default")))
#define PL_MUSTCHECK __attribute__((warn_unused_result))
#define PL_PRINTF(f, a) __attribute__((format(printf, f, a)))
#else
#define PL_API
#define PL_MUSTCHECK
#define PL_PRINTF(f, a)
#endif

/* X(symbol, code, name, text). Codes never change meaning; new ones are added at the end. `name` is
 * the `code` field of the error tables that Lua sees. */
#define PL_ERROR_MAP(X)                                                                            \
  X(PL_ENOMEM, -1, "out_of_memory", "out of memory")                                               \
  X(PL_EINVAL, -2, "invalid", "invalid value")                                                     \
  X(PL_EIO, -3, "io", "input or output failed")                                                    \
  X(PL_ENOENT, -4, "not_found", "not found")                                                       \
  X(PL_EEXIST, -5, "exists", "exists already")                                                     \
  X(PL_EACCES, -6, "denied", "permission denied")                                                  \
  X(PL_ELIMIT, -7, "limit", "a stated limit was reached")                                          \
  X(PL_EPARSE, -8, "syntax", "malformed input")                                                    \
  X(PL_EBUSY, -9, "busy", "in use by somebody else")                                               \
  X(PL_EAGAIN, -10, "again", "not ready yet")                                                      \
  X(PL_ECANCELED, -11, "cancelled", "cancelled")                                                   \
  X(PL_ETIMEDOUT, -12, "timeout", "took too long")                                                 \
  X(PL_ECORRUPT, -13, "corrupt", "damaged data")                                                   \
  X(PL_EVERSION, -14, "version", "made by a newer version")                                        \
  X(PL_ESCRIPT, -15, "script", "the script failed")                                                \
  X(PL_ERESOLVE, -16, "dns", "the name does not resolve")                                          \
  X(PL_ECONNECT, -17, "connect", "no connection")                                                  \
  X(PL_ETLS, -18, "tls", "TLS failed")                                                             \
  X(PL_ERESET, -19, "reset", "the peer reset the connection")                                      \
  X(PL_EPROTO, -20, "protocol", "the peer broke the protocol")                                     \
  X(PL_ETRUNC, -21, "truncated", "the answer ended early")                                         \
  X(PL_ENOSYS, -22, "unsupported", "not in this version")                                          \
  X(PL_EFULL, -23, "full", "the disk is full")                                                     \
  X(PL_EPOLICY, -24, "refused", "refused by policy")                                               \
  X(PL_EMISUSE, -25, "misuse", "called in a wrong state or from a wrong thread")                   \
  X(PL_EREADONLY, -26, "read_only", "cannot be written")                                           \
  X(PL_EFOREIGN, -27, "foreign", "belongs to another program")

#define PL_ERROR_ENUM(symbol, code, name, text) symbol = code,
enum pl_code { PL_OK = 0, PL_ERROR_MAP(PL_ERROR_ENUM) PL_E_LAST = -28 };
#undef PL_ERROR_ENUM

#define PL_ERROR_MESSAGE_SIZE 504

/* Plain value, 512 bytes. `pl_error err = {0};` is one without error. */
typedef struct pl_error {
  int code;                            /* enum pl_code; 0: no error */
  int sys;                             /* errno of the failed system call, or 0 */
  char message[PL_ERROR_MESSAGE_SIZE]; /* UTF-8, what, where, why, what to do; always ended by NUL */
} pl_error;

/* The name ("not_found") and the general text ("not found") of a code; for an unknown code
 * "unknown". Static strings. Any thread. */
PL_API const char *pl_code_name(int code);
PL_API const char *pl_code_text(int code);

#ifdef __cplusplus
}
#endif
#endif

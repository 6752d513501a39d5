/* SPDX-License-Identifier: Apache-2.0 */
/* The whole contract between fenqid and an adapter.
 *
 * An adapter is a pure function. It turns a *call* (what the daemon wants) into bytes to send, and
 * bytes received into a *verdict* (what they mean). It opens no socket, reads no file and no clock,
 * starts no thread and keeps no key: the daemon does all that, and lends the rest through
 * `struct fq_host`.
 *
 *      fenqid                          adapter                         platform
 *        |--- create.begin(call) -------->|
 *        |<-- verdict: SEND + message ----|     (or DONE + action for a browser)
 *        |  [the attempt is committed]
 *        |--------------------------------- HTTP ------------------------->|
 *        |<-------------------------------- raw answer --------------------|
 *        |--- create.resume(call, raw) -->|  host->verify() over raw bytes
 *        |<-- verdict: DONE + outcome ----|
 *        |  [checked, committed, told]
 *
 * Rules that make it safe (fenqid enforces each of them):
 *  1. Structs that cross the border start with `struct_size` and are only appended to. fenqid
 * copies the smaller of the two sizes and zeroes the rest; an adapter tests FQ_HAS() before it
 * reads a member that is newer than the header it was first written for. Embedded structs are
 * frozen.
 *  2. Enums travel as uint32_t; 0 is "unset"; a NULL function means "cannot".
 *  3. Memory comes from host->alloc and dies with the call. Nothing ever needs freeing. Slices in a
 *     verdict may point into the call, the message, host memory or static text.
 *  4. fenqid does not believe adapters. Every outcome except PENDING, ACCEPTED and UNKNOWN is
 * refused unless host->verify or host->verify_chain-and-verify succeeded in that very call, and so
 * is an amount, currency or number that is not the one asked about.
 *  5. A function returns 0 after filling the verdict, or -1 after host->fail(): "-1" is a fault (a
 *     bug, a broken configuration, a message that makes no sense) and changes nothing. Bad news
 * from the platform is never a fault: it is a verdict.
 *  6. `self` is read-only after open(): calls run on many threads at once, without locks. */
#ifndef FENQI_ADAPTER_H
#define FENQI_ADAPTER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Changes only when the meaning of something existing changes, never for additions. */
#define FQ_ABI_VERSION 1u

/* True if the other side's struct is large enough to hold `member`. */
#define FQ_HAS(ptr, member) \
    ((ptr)->struct_size >= offsetof(__typeof__(*(ptr)), member) + sizeof((ptr)->member))

/* ---- values ------------------------------------------------------------------------------- */

/* A slice of bytes. Never assume a NUL behind it. {NULL, 0} means absent; {"", 0} means empty. */
struct fq_str {
    const char *ptr;
    size_t len;
};

struct fq_pair {
    struct fq_str name;
    struct fq_str value;
};

struct fq_pairs {
    const struct fq_pair *items;
    size_t n_items;
};

/* An amount in minor units: 6999.00 CNY is {699900, "CNY", 2}. */
struct fq_money {
    int64_t minor;
    char currency[4];  /* ISO 4217, NUL-terminated */
    uint32_t exponent; /* digits behind the point: 2 for CNY */
};

/* What the daemon shall do next. */
enum fq_step {
    FQ_STEP_UNSET = 0,
    FQ_STEP_SEND = 1,     /* send verdict.message, resume with the answer; at most 3 times */
    FQ_STEP_DONE = 2,     /* verdict.outcome (or .action) is final for this exchange */
    FQ_STEP_NEED_KEY = 3, /* fetch the platform key named in verdict.key_name (fetch_key), then
                             resume again with the same message */
    FQ_STEP_ASK = 4,      /* the message proves nothing by itself: query verdict.object first */
};

/* What the platform said. The words in brackets tell when fenqid accepts them. */
enum fq_outcome {
    FQ_OUTCOME_UNSET = 0,
    FQ_OUTCOME_UNKNOWN = 1,  /* nobody can tell: ask again later [always] */
    FQ_OUTCOME_PENDING = 2,  /* the platform knows the order and waits for the buyer [always] */
    FQ_OUTCOME_ACCEPTED = 3, /* the platform took the request; the result comes later [always] */
    FQ_OUTCOME_PAID = 4,     /* the buyer paid verdict.amount in full [verified] */
    FQ_OUTCOME_DECLINED = 5, /* this try failed; the buyer may try again on the page [verified] */
    FQ_OUTCOME_CLOSED = 6,   /* it exists, is unpaid and can never be paid any more [verified] */
    FQ_OUTCOME_REFUNDED = 7, /* refund verdict.number has moved verdict.amount [verified] */
    FQ_OUTCOME_REFUND_FAILED = 8, /* refund verdict.number will never move money [verified] */
    FQ_OUTCOME_NOT_FOUND = 9,     /* the platform does not know the number asked about [verified] */
};

/* What the buyer's device has to do. */
enum fq_action {
    FQ_ACTION_NONE = 0,
    FQ_ACTION_REDIRECT = 1,  /* browser: GET message.url */
    FQ_ACTION_FORM_POST = 2, /* browser: POST message.fields to message.url */
    FQ_ACTION_QR_CODE = 3,   /* show action_text as a QR code */
    FQ_ACTION_APP_SDK = 4,   /* hand action_text to the platform's SDK in the phone app */
};

/* What a verdict (or a call) is about. */
enum fq_object {
    FQ_OBJECT_UNSET = 0,
    FQ_OBJECT_PAYMENT = 1,
    FQ_OBJECT_REFUND = 2,
};

enum fq_terminal {
    FQ_TERMINAL_UNSET = 0,
    FQ_TERMINAL_DESKTOP = 1,    /* desktop browser */
    FQ_TERMINAL_MOBILE_WEB = 2, /* phone browser */
    FQ_TERMINAL_APP = 3,        /* the shop's own phone app */
    FQ_TERMINAL_QR = 4,         /* a QR code that the buyer scans */
};

/* Who bears the instalment fee. */
enum fq_bearer {
    FQ_BEARER_UNSET = 0,
    FQ_BEARER_BUYER = 1,
    FQ_BEARER_MERCHANT = 2,
    FQ_BEARER_SHARED = 3, /* merchant_percent of the call says how much the merchant bears */
};

/* What the platform made of the buyer's identity. */
enum fq_identity {
    FQ_IDENTITY_UNSET = 0, /* in a verdict: the message says nothing of it */
    FQ_IDENTITY_NOT_ASKED = 1,
    FQ_IDENTITY_PLATFORM_LOGIN = 2,    /* the buyer logged in at the platform, as a known person */
    FQ_IDENTITY_REAL_NAME_MATCHED = 3, /* what we sent was compared, and is this person's */
    FQ_IDENTITY_MISMATCH = 4,
    FQ_IDENTITY_UNKNOWN = 5,
};

/* How a computed fee is brought to whole minor units. */
enum fq_rounding {
    FQ_ROUNDING_UNSET = 0, /* the adapter's own rule */
    FQ_ROUNDING_HALF_EVEN = 1,
    FQ_ROUNDING_HALF_UP = 2,
    FQ_ROUNDING_DOWN = 3,
    FQ_ROUNDING_UP = 4,
};

/* Which instalment takes what an even split leaves over. */
enum fq_remainder {
    FQ_REMAINDER_UNSET = 0, /* the adapter's own rule */
    FQ_REMAINDER_FIRST = 1,
    FQ_REMAINDER_LAST = 2,
};

/* When the buyer pays the fee. */
enum fq_fee_timing {
    FQ_FEE_TIMING_UNSET = 0,  /* the adapter's own rule */
    FQ_FEE_TIMING_SPREAD = 1, /* a part with each instalment */
    FQ_FEE_TIMING_FIRST = 2,  /* all of it with the first */
};

/* Signature and digest schemes. The scheme does any pre-hashing itself: callers pass the whole
 * text. */
enum fq_scheme {
    FQ_SCHEME_UNSET = 0,
    FQ_SCHEME_RSA_SHA256 = 1,     /* RSASSA-PKCS1-v1_5 over SHA-256 of the text (Alipay RSA2) */
    FQ_SCHEME_RSA_SHA256_HEX = 2, /* the same over the lower-case hex of SHA-256 (UnionPay 5.1.0) */
    FQ_SCHEME_SM2_SM3 = 3,        /* SM2 with SM3, signer id 1234567812345678, DER signature */
    FQ_SCHEME_RSA_SHA1 = 4, /* to verify historic messages in tests; refused by every channel */
};

enum fq_digest {
    FQ_DIGEST_UNSET = 0,
    FQ_DIGEST_SHA256 = 1,
    FQ_DIGEST_MD5 = 2, /* certificate serials at Alipay; never for integrity */
    FQ_DIGEST_SM3 = 3,
};

enum fq_cipher {
    FQ_CIPHER_UNSET = 0,
    FQ_CIPHER_AES128_CBC_ZERO_IV = 1, /* Alipay content encryption */
    FQ_CIPHER_RSA_PKCS1 = 2,          /* UnionPay: to the platform's encryption certificate */
};

enum fq_charset {
    FQ_CHARSET_UNSET = 0,
    FQ_CHARSET_GBK_TO_UTF8 = 1,
    FQ_CHARSET_UTF8_TO_GBK = 2,
};

enum fq_cert_field {
    FQ_CERT_FIELD_UNSET = 0,
    FQ_CERT_SERIAL_DECIMAL = 1,
    FQ_CERT_ISSUER_RFC2253 = 2, /* CN=...,OU=...,O=...,C=... most specific first, no spaces */
    FQ_CERT_SUBJECT_CN = 3,
    FQ_CERT_SIGNATURE_OID = 4, /* dotted */
    FQ_CERT_NOT_AFTER = 5,     /* decimal unix seconds */
};

/* ---- messages ----------------------------------------------------------------------------- */

/* One HTTP message: a request to send, an answer that came, a notification, or a browser form. */
struct fq_message {
    uint64_t struct_size;
    struct fq_str method; /* "GET" or "POST" in requests; empty in answers */
    struct fq_str url;    /* absolute, https only; of received requests: raw path and query */
    struct fq_str content_type;
    struct fq_str body; /* exactly as it came, never decoded */
    struct fq_pairs headers;
    struct fq_pairs fields; /* FQ_ACTION_FORM_POST: the form's fields, unescaped */
    uint32_t http_status;   /* answers only */
    uint32_t transport;     /* answers only: an fq_transport */
};

/* What happened to a message that was sent. */
enum fq_transport {
    FQ_TRANSPORT_OK = 0,       /* an answer came, whole */
    FQ_TRANSPORT_NOT_SENT = 1, /* connect, DNS or TLS failed before the first byte: it never left */
    FQ_TRANSPORT_LOST = 2,     /* it may have arrived; no (whole) answer came: outcome unknown */
};

/* ---- the host: what an adapter may ask for during a call ------------------------------------ */

struct fq_host {
    uint64_t struct_size;
    void *ctx; /* fenqid's own; hand the host back unchanged */

    /* Zeroed memory that dies with the call; NULL once the call's limit (1 MiB) is reached. */
    void *(*alloc)(const struct fq_host *host, size_t size);

    /* Logs `text` as the reason, with the channel's name, and returns -1. Never pass personal data.
     */
    int (*fail)(const struct fq_host *host, const char *text);

    /* Signs the whole `text` with the channel's private key `key`. 0 and *ret_signature (raw
     * bytes), or -1. */
    int (*sign)(const struct fq_host *host, const char *key, uint32_t scheme, struct fq_str text,
                struct fq_str *ret_signature);

    /* Verifies `signature` (raw bytes) over the whole `text`. `key` is a key name of the channel,
     * or a handle that verify_chain returned. 0 = good; 1 = bad signature; -1 = no such key, or
     * scheme not allowed. Only a 0 marks this call as verified. */
    int (*verify)(const struct fq_host *host, const char *key, uint32_t scheme, struct fq_str text,
                  struct fq_str signature);

    /* Checks a PEM certificate that came in a message: chain up to the channel's pinned roots
     * `roots`, validity at the call's time, and that its subject CN contains `name_rule` (empty: no
     * rule). 0 and *ret_key (a handle for verify), or 1 (refused), or -1. */
    int (*verify_chain)(const struct fq_host *host, const char *roots, struct fq_str certificate,
                        struct fq_str name_rule, const char **ret_key);

    /* One field of a certificate: of PEM text, or of the channel's key `key` when `certificate` is
     * absent; `index` counts the certificates of a bundle. 0, 1 (no such certificate), or -1. */
    int (*cert_field)(const struct fq_host *host, const char *key, struct fq_str certificate,
                      size_t index, uint32_t field, struct fq_str *ret);

    /* Raw digest of `text`. */
    int (*digest)(const struct fq_host *host, uint32_t kind, struct fq_str text,
                  struct fq_str *ret);

    /* Encrypts or decrypts under the channel's key `key`. Nothing decrypted is ever logged or kept.
     */
    int (*encrypt)(const struct fq_host *host, const char *key, uint32_t cipher,
                   struct fq_str plain, struct fq_str *ret);
    int (*decrypt)(const struct fq_host *host, const char *key, uint32_t cipher,
                   struct fq_str secret, struct fq_str *ret);

    /* Unpacks the zip or zlib bytes of a settlement file: entry `index`. 0, 1 (no such entry), -1.
     */
    int (*inflate)(const struct fq_host *host, struct fq_str packed, size_t index,
                   struct fq_str *ret_name, struct fq_str *ret);

    int (*convert)(const struct fq_host *host, uint32_t charset, struct fq_str text,
                   struct fq_str *ret);
};

/* ---- the call: what the daemon wants -------------------------------------------------------- */

struct fq_call {
    uint64_t struct_size;

    int64_t now_unix_ms; /* the only clock an adapter sees */
    uint32_t object;     /* fq_object: what the call is about */
    uint32_t round;      /* how many SENDs this exchange has made: 0 in begin */

    /* the payment attempt */
    struct fq_str order_number; /* ours at the platform: at most 32 of [0-9A-Za-z] */
    struct fq_str platform_ref; /* the platform's own number, once known; else absent */
    struct fq_money amount;     /* of the goods; what is asked from the platform */
    uint32_t instalments;       /* 0 = none asked for */
    uint32_t bearer;            /* fq_bearer */
    uint32_t merchant_percent;  /* 0..100 of the fee borne by the merchant */
    uint32_t terminal;          /* fq_terminal */
    struct fq_str subject;      /* UTF-8, at most 256 bytes */
    int64_t created_unix_ms;    /* when the attempt was planned */
    int64_t deadline_unix_ms; /* after this the buyer must not be able to pay; tell the platform */
    struct fq_str buyer_ip;   /* text form; may be absent */
    struct fq_str buyer_user_agent; /* may be absent */
    struct fq_str notify_url;       /* where the platform sends its word */
    struct fq_str return_url;       /* where the platform sends the buyer's browser */

    /* the refund (object REFUND) */
    struct fq_str refund_number; /* ours: at most 32 of [0-9A-Za-z] */
    struct fq_money refund_amount;
    struct fq_str refund_reason; /* UTF-8, at most 256 bytes; may be absent */
    int64_t refund_created_unix_ms;

    /* What earlier verdicts about this very object asked to remember: of the attempt, or (object
     * REFUND) of this refund. */
    struct fq_pairs memory;

    /* real-name binding, only where the storefront gave it and only in create. The type is one of
     * IDENTITY_CARD, PASSPORT, OFFICER_CARD, SOLDIER_CARD, HOKOU, and never absent beside a number.
     * What is sent on must not become part of a URL, an action_text or a memory. */
    struct fq_str payer_name;
    struct fq_str payer_document_type;
    struct fq_str payer_document_number;
    struct fq_str payer_phone;

    /* fetch_key: which; statement: which Beijing day (yyyymmdd). A statement, a task and an undo
     * that need a number of ours at the platform find a fresh one in order_number or
     * refund_number. */
    struct fq_str key_name;
    struct fq_str day;

    /* object REFUND: the memory of the attempt whose money goes back; read-only here */
    struct fq_pairs attempt_memory;
};

/* ---- the verdict: what it means -------------------------------------------------------------- */

/* One line of a settlement file, as a word like any other: the daemon judges it as if a verified
 * answer had said it. Made in host memory. */
struct fq_statement_line {
    uint64_t struct_size;
    uint32_t object;            /* fq_object: money came in (PAYMENT) or went back (REFUND) */
    uint32_t instalments;       /* the terms that were used; 0 = not said */
    struct fq_str number;       /* OUR number of that object */
    struct fq_str order_number; /* object REFUND: our number of the payment's attempt, if named */
    struct fq_money amount;     /* of that object */
    struct fq_str platform_ref; /* the platform's own number */
    struct fq_str proof;        /* the fields that say it; goes to the journal */
};

/* It comes zeroed, with struct_size set: set the members you mean and leave the rest alone. Never
 * assign the whole struct, a newer or older daemon's is of another size; write a member that is
 * newer than the first release only behind FQ_HAS(ret, member). fenqid copies it and refuses as a
 * fault what is out of form: numbers over 64 bytes, texts over 512, memory over 2 KiB, URLs, action
 * and acknowledgement texts over 16 KiB, bodies, forms and keys over 64 KiB (a statement's body: 16
 * MiB), text that is not UTF-8, line breaks in anything that becomes part of a header. */
struct fq_verdict {
    uint64_t struct_size;
    uint32_t step;              /* fq_step */
    uint32_t outcome;           /* fq_outcome, with step DONE */
    uint32_t object;            /* fq_object: what the outcome is about */
    struct fq_str number;       /* OUR number of that object, as the platform repeated it */
    struct fq_str order_number; /* object REFUND: our number of the payment's attempt, if the
                                   message names it */
    struct fq_money amount; /* what the platform says of this object (never a cumulative figure);
                               currency "" = not said */
    struct fq_str platform_ref; /* the platform's own number */
    uint32_t instalments;       /* the terms the platform says were used; 0 = not said */
    uint32_t identity;          /* fq_identity */
    struct fq_pairs memory; /* replaces the memory of the call's object if n_items > 0; at most 2
                               KiB in all; names of a-z 0-9 _ and point; what begin gives is
                               committed before the first byte leaves */
    struct fq_str platform_code; /* the platform's code, e.g. "40004/ACQ.TRADE_NOT_EXIST" */
    struct fq_str platform_text; /* its text for people; logged, shown to the storefront */
    struct fq_str proof; /* which verified field says it, e.g. "trade_status=TRADE_SUCCESS"; goes to
                            the journal */

    /* SEND, or DONE with an action */
    struct fq_message message;
    uint32_t action;                /* fq_action */
    int64_t action_expires_unix_ms; /* must be set with every action */
    struct fq_str action_text;      /* QR_CODE, APP_SDK */

    /* notification: the exact acknowledgement to give once the verdict is durable */
    struct fq_str ack_content_type;
    struct fq_str ack_body;

    struct fq_str key_name; /* NEED_KEY: which key; fetch_key: the name under which to keep it */
    struct fq_str key_data; /* fetch_key: the key or certificate, PEM */
    int64_t retry_after_ms; /* UNKNOWN, PENDING: ask again not before this; 0 = the daemon's own
                               schedule */

    /* console refunds seen in a payment query: refunded in all by the platform's account; -1 = not
     * said */
    int64_t refunded_total_minor;
    uint32_t has_refunded_total;

    /* statement, step DONE: 1 = the file of call.day is here, whole and verified, and these are its
     * lines (perhaps none). 0 = it is not there (yet): asked for again later. */
    uint32_t has_statement;
    const struct fq_statement_line *const *lines;
    size_t n_lines;
};

/* ---- describing and quoting ------------------------------------------------------------------ */

enum fq_key_kind {
    FQ_KEY_UNSET = 0,
    FQ_KEY_PRIVATE_SIGN = 1,  /* our private key: PEM (PKCS#1 or PKCS#8) or bare base64 */
    FQ_KEY_PUBLIC_VERIFY = 2, /* the platform's public key (PEM or bare base64) or certificate */
    FQ_KEY_ROOTS = 3,         /* a bundle of pinned root certificates */
    FQ_KEY_SECRET = 4,        /* a symmetric key, base64 */
    FQ_KEY_PUBLIC_ENCRYPT = 5,
    FQ_KEY_OWN_CERTIFICATE = 6, /* the certificate of one of our private keys, read for its fields
                                   only; start-up refuses any other */
};

struct fq_key_need {
    const char *name;  /* the name in the channel's `keys` group */
    uint32_t kind;     /* fq_key_kind */
    uint32_t required; /* 1: start-up refuses a channel without it */
};

/* What an adapter can do; filled once after open(). Arrays belong to the adapter and live as long.
 */
struct fq_description {
    uint64_t struct_size;
    const char *title_zh; /* for buyers, e.g. "花呗分期" */
    const char *title_en;
    const char *fee_word_zh; /* the word the law wants for the cost: "分期手续费" or "利息" */
    const char *fee_word_en;
    char currency[4];
    uint32_t exponent;
    const uint32_t *terms; /* instalment counts it can ask for */
    size_t n_terms;
    uint32_t terminals;      /* bit (1u << fq_terminal) per terminal */
    uint32_t bearers;        /* bit (1u << fq_bearer) per bearer */
    uint32_t pins_terms;     /* 1: the terms asked for are binding at the platform; 0: plans are
                                indicative */
    uint32_t partial_refund; /* 1: can */
    uint32_t reopen_is_same_order; /* 1: opening the same order number twice is one order at the
                                      platform */
    uint32_t opens_at_create; /* bit per terminal: the attempt is opened at CreatePayment (QR, app),
                                 not by the buyer's browser */
    int64_t amount_min_minor;
    int64_t amount_max_minor;
    int64_t deadline_min_ms; /* the shortest life an attempt may have when it is opened */
    int64_t deadline_max_ms;
    int64_t settle_margin_ms; /* how long after the deadline a payment may still become known */
    const struct fq_key_need *keys;
    size_t n_keys;

    uint32_t takes_payer; /* 1: create passes a payer's identity on; 0: refused before */
    uint32_t refund_once; /* 1: a refund's request is never sent twice: what is not shown is asked
                             about; 0: repeated under the same number */
    uint32_t day_ends_minute;  /* the platform's settlement day ends at this minute of the Beijing
                                  day (1380 = 23:00); 0 = at midnight. undo is for the same day */
    uint32_t statement_minute; /* from this minute of the Beijing day on, the statement of the day
                                  before can be had */
    int64_t task_every_ms;     /* how often `task` wants to run; 0 = never */
};

/* One plan that a quote returns. The schedule has `instalments` entries of principal and fee. */
struct fq_plan_line {
    int64_t principal_minor;
    int64_t fee_minor;
};

struct fq_quote_in {
    uint64_t struct_size;
    struct fq_money amount;
    uint32_t instalments;
    uint32_t bearer;
    uint32_t merchant_percent;
    uint32_t rate_ppm;   /* total fee by the amount, in millionths, from the channel's rate table */
    uint32_t rounding;   /* fq_rounding, as the contract with the platform or bank says */
    uint32_t remainder;  /* fq_remainder */
    uint32_t fee_timing; /* fq_fee_timing */
};

struct fq_quote_out {
    uint64_t struct_size;
    struct fq_plan_line *lines; /* `instalments` of them, from host->alloc */
    size_t n_lines;
    int64_t buyer_fee_minor; /* sum of the lines' fees */
    int64_t merchant_fee_minor;
};

/* ---- the adapter ------------------------------------------------------------------------------
 */

typedef int fq_begin_fn(void *self, const struct fq_host *host, const struct fq_call *call,
                        struct fq_verdict *ret);
typedef int fq_resume_fn(void *self, const struct fq_host *host, const struct fq_call *call,
                         const struct fq_message *message, struct fq_verdict *ret);
typedef int fq_describe_fn(void *self, struct fq_description *ret);
typedef int fq_quote_fn(void *self, const struct fq_host *host, const struct fq_quote_in *in,
                        struct fq_quote_out *ret);

/* Both halves of an exchange stand in one file. begin NULL: cannot. Frozen. */
struct fq_exchange {
    fq_begin_fn *begin;
    fq_resume_fn *resume;
};

enum fq_threads {
    FQ_THREADS_UNSET = 0,
    FQ_THREADS_PARALLEL = 1, /* any number of calls at once */
    FQ_THREADS_SERIAL = 2,   /* one call at a time for this instance */
};

struct fq_adapter {
    uint64_t struct_size;
    uint32_t abi_version;
    uint32_t threads; /* fq_threads */
    const char *name;
    const char *version;

    /* Called once per channel with the channel's `settings` group. 0 and *ret_self; or -1 with
     * *reterr_key the setting that is wrong or unknown (absent: the whole) after host->fail().
     * Memory from this host lives as long as the instance: put `self` there, copy settings there.
     */
    int (*open)(const struct fq_host *host, const struct fq_pair *conf, size_t n_conf,
                void **ret_self, struct fq_str *reterr_key);
    void (*close)(void *self);

    fq_describe_fn *describe;
    fq_quote_fn *quote; /* pure arithmetic */
    struct fq_exchange create;
    struct fq_exchange query;
    struct fq_exchange close_order;
    struct fq_exchange refund;
    struct fq_exchange query_refund;
    struct fq_exchange undo;
    struct fq_exchange statement;
    struct fq_exchange fetch_key;
    struct fq_exchange task;
    fq_resume_fn *notification;   /* the platform's callback, exactly as it arrived */
    fq_resume_fn *browser_return; /* the buyer's browser came back: a hint, never a verdict */

    /* Called once per channel, after open(), describe() and the loading of the keys, and before any
     * call: for checks that need keys, and for what is computed of them once (serials). `keys` are
     * the names of those that are configured; the host is as in open(), and `self` may still be
     * written. 0; or -1 after host->fail() with *reterr_key the configuration key that is wrong,
     * "keys.app_cert". NULL: nothing to do. */
    int (*ready)(void *self, const struct fq_host *host, const struct fq_str *keys, size_t n_keys,
                 struct fq_str *reterr_key);
};

/* The one symbol that an adapter exports. */
#define FQ_ADAPTER_SYMBOL "fenqi_adapter"
#ifdef __cplusplus
#    define FQ_ADAPTER_LINKAGE extern "C" __attribute__((visibility("default")))
#else
#    define FQ_ADAPTER_LINKAGE __attribute__((visibility("default")))
#endif
#define FQ_REGISTER_ADAPTER(adapter_struct)                          \
    FQ_ADAPTER_LINKAGE const struct fq_adapter *fenqi_adapter(void); \
    const struct fq_adapter *fenqi_adapter(void)                     \
    {                                                                \
        return &(adapter_struct);                                    \
    }
typedef const struct fq_adapter *fq_adapter_fn(void);

#ifdef __cplusplus
}
#endif
#endif

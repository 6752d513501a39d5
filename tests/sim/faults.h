/* SPDX-License-Identifier: Apache-2.0 */
/* The named points at which a history may go wrong, and how often each does where it is enabled. */
#ifndef SIM_FAULTS_H
#define SIM_FAULTS_H

/* X(symbol, name, highest rate in millionths of the occasions) */
#define SIM_FAULT_TABLE(X)                                           \
    X(CRASH_ANY_STEP, "crash.any_step", 400)                         \
    X(CRASH_BEFORE_BATCH, "crash.before_batch", 15000)               \
    X(CRASH_IN_WRITE, "crash.in_write", 20000)                       \
    X(CRASH_AFTER_COMMIT, "crash.after_commit", 15000)               \
    X(CRASH_BEFORE_SEND, "crash.before_send", 20000)                 \
    X(CRASH_WHILE_SENT, "crash.while_sent", 20000)                   \
    X(CRASH_BEFORE_REPLY, "crash.before_reply", 15000)               \
    X(CRASH_AT_NOTIFICATION, "crash.at_notification", 30000)         \
    X(CRASH_AT_START, "crash.at_start", 200000)                      \
    X(CRASH_POWER, "crash.loses_power", 900000)                      \
    X(DISK_TEARS, "disk.tears_sectors", 700000)                      \
    X(DISK_FULL, "disk.full", 4000)                                  \
    X(DISK_WRITE_FAILS, "disk.write_fails", 400)                     \
    X(DISK_SYNC_FAILS, "disk.sync_fails", 6000)                      \
    X(DISK_FORGETS, "disk.forgets_what_failed", 900000)              \
    X(DISK_READ_FAILS, "disk.read_fails", 150)                       \
    X(DISK_EMPTY, "disk.begins_empty", 60000)                        \
    X(STORE_BUSY, "store.busy", 10000)                               \
    X(STORE_SLOW, "store.slow", 60000)                               \
    X(STORE_SINGLY, "store.one_by_one", 400000)                      \
    X(READ_BUSY, "store.reader_busy", 8000)                          \
    X(READ_STALE, "store.reader_stale", 200000)                      \
    X(CHECKPOINT_PASSIVE, "store.checkpoint", 100000)                \
    X(CHECKPOINT_RESTART, "store.checkpoint_restart", 50000)         \
    X(WORKER_BUSY, "worker.busy", 8000)                              \
    X(WORKER_SLOW, "worker.slow", 50000)                             \
    X(LOOP_SLOW, "loop.slow", 30000)                                 \
    X(DAEMON_STOPS, "daemon.stops_for_an_update", 1000)              \
    X(SEND_UNREACHABLE, "send.unreachable", 80000)                   \
    X(SEND_LOST, "send.lost_before", 60000)                          \
    X(SEND_SLOW, "send.slow", 60000)                                 \
    X(SEND_TWICE, "send.twice", 60000)                               \
    X(SEND_FULL, "send.no_room", 8000)                               \
    X(ANSWER_LOST, "answer.lost", 80000)                             \
    X(ANSWER_SLOW, "answer.slow", 60000)                             \
    X(ANSWER_TRUNCATED, "answer.truncated", 40000)                   \
    X(ANSWER_GARBAGE, "answer.garbage", 40000)                       \
    X(ANSWER_500, "answer.http_500", 50000)                          \
    X(ANSWER_BIT, "answer.one_bit_flipped", 40000)                   \
    X(ANSWER_OF_ANOTHER, "answer.of_another_call", 40000)            \
    X(PLATFORM_BAD_SIGNATURE, "platform.bad_signature", 40000)       \
    X(PLATFORM_WRONG_KEY, "platform.wrong_key", 40000)               \
    X(PLATFORM_UNSIGNED, "platform.unsigned", 40000)                 \
    X(PLATFORM_SYSTEM_ERROR, "platform.system_error", 60000)         \
    X(PLATFORM_ERROR_AFTER, "platform.system_error_after", 60000)    \
    X(PLATFORM_LIMITS, "platform.call_limited", 40000)               \
    X(PLATFORM_LIES_AMOUNT, "platform.lies_amount", 30000)           \
    X(PLATFORM_DOWN, "platform.down", 3000)                          \
    X(PLATFORM_LATE, "platform.late_success", 900000)                \
    X(PLATFORM_OTHER_AMOUNT, "platform.takes_another_amount", 40000) \
    X(PLATFORM_CONSOLE, "platform.console_refund", 200000)           \
    X(PLATFORM_SKEW, "platform.clock_skew", 1000000)                 \
    X(PLATFORM_REFUNDS_SLOWLY, "platform.refunds_slowly", 1000000)   \
    X(CARD_ARRIVES_LATE, "card.order_arrives_late", 1000000)         \
    X(CARD_PAYS_SLOWLY, "card.pays_slowly", 1000000)                 \
    X(CARD_REFUND_FAILS, "card.refund_fails_later", 1000000)         \
    X(CARD_UNDO_FAILS, "card.undo_fails_later", 1000000)             \
    X(CARD_GIVES_BACK, "card.gives_back_what_came_late", 700000)     \
    X(CARD_FILE_DAMAGED, "card.settlement_file_damaged", 300000)     \
    X(CARD_DEBITED, "card.debited_not_posted", 20000)                \
    X(CARD_DOWNGRADES, "card.downgrades_the_version", 40000)         \
    X(CARD_FIELD_TWICE, "card.a_field_twice", 40000)                 \
    X(CARD_EXPIRED_LEAF, "card.expired_certificate", 40000)          \
    X(CARD_SELF_MADE_LEAF, "card.self_made_certificate", 40000)      \
    X(CARD_TAMPERED, "card.tampered", 40000)                         \
    X(CARD_OPEN_BRACE, "card.open_brace", 40000)                     \
    X(CARD_LINE_ENDS, "card.line_ends", 30000)                       \
    X(NOTIFY_LOST, "notify.lost", 250000)                            \
    X(NOTIFY_SLOW, "notify.slow", 150000)                            \
    X(NOTIFY_TWICE, "notify.twice", 150000)                          \
    X(NOTIFY_REPLAYED, "notify.replayed_later", 150000)              \
    X(NOTIFY_ACK_LOST, "notify.acknowledgement_lost", 150000)        \
    X(NOTIFY_TAMPERED, "notify.tampered", 80000)                     \
    X(NOTIFY_FORGED, "notify.forged", 80000)                         \
    X(NOTIFY_TRUNCATED, "notify.truncated", 60000)                   \
    X(SHOP_REPLY_LOST, "shop.reply_lost", 150000)                    \
    X(SHOP_DUPLICATES, "shop.duplicates", 200000)                    \
    X(SHOP_RACES, "shop.races_for_the_order", 150000)                \
    X(SHOP_OTHER_CHANNEL, "shop.tries_the_other_channel", 500000)    \
    X(SHOP_REUSES_KEY, "shop.reuses_the_key", 60000)                 \
    X(SHOP_PARALLEL, "shop.allows_parallel", 60000)                  \
    X(SHOP_VANISHES, "shop.vanishes", 80000)                         \
    X(SHOP_CLOSES, "shop.closes", 250000)                            \
    X(SHOP_OVERREFUNDS, "shop.refunds_too_much", 150000)             \
    X(SHOP_REFUNDS_AT_ONCE, "shop.refunds_at_once", 300000)          \
    X(BUYER_LEAVES, "buyer.wanders_off", 200000)                     \
    X(BUYER_TWO_PHONES, "buyer.two_phones", 150000)                  \
    X(BUYER_DOUBLE_POST, "buyer.posts_twice", 200000)                \
    X(BUYER_DECLINED, "buyer.declined_first", 200000)                \
    X(BUYER_LATE, "buyer.pays_late", 200000)                         \
    X(BUYER_NO_RETURN, "buyer.does_not_return", 400000)              \
    X(BUYER_RETURNS_TWICE, "buyer.returns_twice", 150000)            \
    X(BUYER_FORGES, "buyer.forges_the_return", 100000)               \
    X(BUYER_FORM_TWICE, "buyer.posts_the_form_twice", 150000)        \
    X(BUYER_HOLDS_FORM, "buyer.keeps_the_form", 80000)               \
    X(BUYER_OTHER_TERMS, "buyer.takes_other_terms", 60000)           \
    X(BUYER_OLD_LINK, "buyer.opens_an_old_link", 100000)             \
    X(CARD_KEY_LOST, "card.key_answer_lost", 300000)                 \
    X(CARD_KEY_TRUNCATED, "card.key_answer_truncated", 200000)       \
    X(CARD_KEY_TAMPERED, "card.key_tampered", 300000)                \
    X(CARD_KEY_FOREIGN, "card.key_signed_by_another", 300000)        \
    X(CARD_KEY_UNPROVEN, "card.key_of_nobody", 300000)               \
    X(CRASH_AT_KEY, "crash.at_renewed_key", 300000)                  \
    X(DISK_FULL_AT_KEY, "disk.full_at_renewed_key", 300000)          \
    X(NOTES_BUSY, "store.notes_unread", 400000)                      \
    X(CONSUMER_DIES, "consumer.dies", 150000)                        \
    X(CONSUMER_UNSEEN, "consumer.dies_unseen", 600000)               \
    X(CONSUMER_SLOW, "consumer.slow", 300000)                        \
    X(CONSUMER_SILENT, "consumer.acknowledges_late", 300000)         \
    X(CONSUMER_FULL, "consumer.does_not_read", 400000)               \
    X(CONSUMER_AGAIN, "consumer.subscribes_twice", 200000)           \
    X(CONSUMER_SEEKS, "consumer.asks_for_earlier_ones", 200000)      \
    X(CONSUMER_ACKS_OLD, "consumer.acknowledges_again", 200000)      \
    X(CONSUMER_ACKS_AHEAD, "consumer.acknowledges_ahead", 100000)

enum sim_fault {

#define SIM_FAULT_SYMBOL(symbol, name, rate) SIM_##symbol,
    SIM_FAULT_TABLE(SIM_FAULT_SYMBOL)
#undef SIM_FAULT_SYMBOL
        SIM_FAULTS
};

/* The first of those that are only where UnionPay renews its key, or where there are consumers. */
#define SIM_FAULT_OF_KEYS      SIM_CARD_KEY_LOST
#define SIM_FAULT_OF_CONSUMERS SIM_CONSUMER_DIES

const char *sim_fault_name(enum sim_fault fault);

#endif

-- Secrets of webhooks are kept sealed (see app/src/ops/webhooks/secret.rs). A
-- row from before has its secret in clear and nothing in `sealed`, until the
-- endpoint is called next; then it is the other way round.

alter table webhooks add column sealed bytes;

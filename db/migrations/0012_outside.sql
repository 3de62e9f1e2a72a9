-- SPDX-License-Identifier: Apache-2.0
-- What leaves the program (docs/adr/0031): every line of the outbox is spread once into deliveries, one an address; people's
-- addresses for notices; the accounts and keys of outside bodies, and the matters they raised.

-- Claimed by whoever spreads it; done_ms: it has been spread. What is older than this was read by people alone.
DROP INDEX outbox_waiting;
UPDATE outbox SET done_ms = at_ms WHERE done_ms IS NULL;
CREATE INDEX outbox_waiting ON outbox (next_try_ms, id) WHERE done_ms IS NULL;
ALTER TABLE outbox ADD COLUMN appointment_id {{int}} NOT NULL DEFAULT 0;

-- order_id, appointment_id: 0 for none. address: a mail address, the id of a push subscription; empty: as the partner is
-- configured. next_try_ms is a lease while somebody delivers it. trouble: why it did not arrive last time.
CREATE TABLE delivery (
  id {{serial}},
  outbox_id {{int}} NOT NULL,
  order_id {{int}} NOT NULL,
  appointment_id {{int}} NOT NULL,
  recipient {{bytes}} NOT NULL,
  channel TEXT NOT NULL CHECK (channel IN ('mail', 'web_push', 'partner_push')),
  address {{bytes}} NOT NULL,
  kind TEXT NOT NULL,
  body TEXT NOT NULL,
  at_ms {{int}} NOT NULL,
  tries {{int}} NOT NULL,
  next_try_ms {{int}} NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'failed')),
  settled_ms {{int}},
  trouble TEXT NOT NULL
) {{table}};
CREATE UNIQUE INDEX delivery_once ON delivery (outbox_id, channel, address, recipient);
CREATE INDEX delivery_waiting ON delivery (channel, next_try_ms, id) WHERE state = 'waiting';
CREATE INDEX delivery_order ON delivery (order_id, id) WHERE order_id <> 0;
CREATE INDEX delivery_recipient ON delivery (recipient, id);

CREATE TABLE notice_address (
  agent_id {{int}} NOT NULL PRIMARY KEY,
  mail TEXT NOT NULL
) {{table}};

-- A browser's push subscription (RFC 8030, RFC 8291): where to, and its keys.
CREATE TABLE push_subscription (
  id {{serial}},
  agent_id {{int}} NOT NULL,
  endpoint {{bytes}} NOT NULL UNIQUE,
  p256dh TEXT NOT NULL,
  auth TEXT NOT NULL,
  made_ms {{int}} NOT NULL
) {{table}};
CREATE INDEX push_subscription_agent ON push_subscription (agent_id, id);

CREATE TABLE partner_account (
  id {{serial}},
  partner {{bytes}} NOT NULL,
  username {{bytes}} NOT NULL UNIQUE,
  name TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  enabled {{flag}} NOT NULL,
  made_ms {{int}} NOT NULL
) {{table}};

CREATE TABLE partner_session (
  token_hash {{bytes}} NOT NULL PRIMARY KEY,
  account_id {{int}} NOT NULL REFERENCES partner_account (id) ON DELETE CASCADE,
  csrf_token TEXT NOT NULL,
  seen_ms {{int}} NOT NULL,
  expires_ms {{int}} NOT NULL
) {{keyed}};

-- A program of theirs: proves itself with a key, of which only the hash is kept.
CREATE TABLE partner_key (
  id {{serial}},
  partner {{bytes}} NOT NULL,
  name TEXT NOT NULL,
  key_hash {{bytes}} NOT NULL UNIQUE,
  made_ms {{int}} NOT NULL
) {{table}};

-- Each partner's own number for a matter is taken once, by the API or at the desk.
CREATE TABLE partner_matter (
  partner {{bytes}} NOT NULL,
  reference {{bytes}} NOT NULL,
  order_id {{int}} NOT NULL,
  PRIMARY KEY (partner, reference)
) {{keyed}};

CREATE INDEX work_order_partner ON work_order (partner, id) WHERE partner <> '';
CREATE INDEX outbox_partner ON outbox (order_id, id) WHERE outside = 1;

ALTER TABLE appointment ADD COLUMN mail TEXT NOT NULL DEFAULT '';
ALTER TABLE appointment ADD COLUMN set_out {{flag}} NOT NULL DEFAULT 0;

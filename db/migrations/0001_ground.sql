-- SPDX-License-Identifier: Apache-2.0
-- The ground floor: world, customers, contacts, live state. One text for SQLite and PostgreSQL; macros: {{int}} 64-bit integer,
-- {{flag}} 0 or 1, {{bytes}} text compared by bytes, {{serial}} own rising key, {{table}} end of a table with such a key or an
-- integer one, {{keyed}} end of a table stored by another key. Times are milliseconds since 1970, UTC.
--
-- Contacts, legs, events and recordings have no foreign keys: they come from a stream whose order the program keeps, and a
-- reference that dangles must never stop the writer of everyone else's calls.

CREATE TABLE service_line (
  id {{int}} NOT NULL PRIMARY KEY,
  code TEXT NOT NULL UNIQUE,
  name_en TEXT NOT NULL, name_zh_hans TEXT NOT NULL, name_zh_hant TEXT NOT NULL,
  flow TEXT NOT NULL
) {{table}};

CREATE TABLE service_line_number (
  number {{bytes}} NOT NULL PRIMARY KEY,
  service_line_id {{int}} NOT NULL REFERENCES service_line (id) ON DELETE CASCADE,
  position {{int}} NOT NULL
) {{keyed}};

CREATE TABLE queue (
  id {{int}} NOT NULL PRIMARY KEY,
  code TEXT NOT NULL UNIQUE,
  name_en TEXT NOT NULL, name_zh_hans TEXT NOT NULL, name_zh_hant TEXT NOT NULL,
  service_line TEXT NOT NULL,
  offer_timeout_ms {{int}} NOT NULL CHECK (offer_timeout_ms > 0),
  wrap_up_ms {{int}} NOT NULL CHECK (wrap_up_ms >= 0),
  waiting_max {{int}} NOT NULL CHECK (waiting_max >= 0)
) {{table}};

CREATE TABLE skill (
  id {{int}} NOT NULL PRIMARY KEY,
  code TEXT NOT NULL UNIQUE,
  name_en TEXT NOT NULL, name_zh_hans TEXT NOT NULL, name_zh_hant TEXT NOT NULL
) {{table}};

CREATE TABLE reason (
  kind TEXT NOT NULL CHECK (kind IN ('pause', 'contact', 'outcome')),
  service_line TEXT NOT NULL,
  code TEXT NOT NULL,
  name_en TEXT NOT NULL, name_zh_hans TEXT NOT NULL, name_zh_hant TEXT NOT NULL,
  position {{int}} NOT NULL,
  PRIMARY KEY (kind, service_line, code)
) {{keyed}};

CREATE TABLE agent (
  id {{int}} NOT NULL PRIMARY KEY,
  number TEXT NOT NULL UNIQUE,
  username TEXT NOT NULL UNIQUE,
  password_hash TEXT NOT NULL,
  name TEXT NOT NULL,
  team TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('agent', 'supervisor', 'admin')),
  device TEXT NOT NULL CHECK (device IN ('browser', 'sip')),
  sip_contact TEXT NOT NULL,
  enabled {{flag}} NOT NULL
) {{table}};

CREATE TABLE agent_queue (
  agent_id {{int}} NOT NULL REFERENCES agent (id) ON DELETE CASCADE,
  queue_id {{int}} NOT NULL REFERENCES queue (id) ON DELETE CASCADE,
  position {{int}} NOT NULL,
  PRIMARY KEY (agent_id, queue_id)
) {{keyed}};

CREATE TABLE agent_skill (
  agent_id {{int}} NOT NULL REFERENCES agent (id) ON DELETE CASCADE,
  skill_id {{int}} NOT NULL REFERENCES skill (id) ON DELETE CASCADE,
  level {{int}} NOT NULL CHECK (level BETWEEN 1 AND 9),
  position {{int}} NOT NULL,
  PRIMARY KEY (agent_id, skill_id)
) {{keyed}};

CREATE TABLE customer (
  id {{int}} NOT NULL PRIMARY KEY,
  number {{bytes}} NOT NULL UNIQUE,
  name TEXT NOT NULL,
  name_folded TEXT NOT NULL,
  kind TEXT NOT NULL,
  vip {{flag}} NOT NULL,
  language TEXT NOT NULL,
  address TEXT NOT NULL,
  district TEXT NOT NULL,
  since_ms {{int}} NOT NULL
) {{table}};

-- number_reversed: the digits back to front, so that "ends with" is a range of the index.
CREATE TABLE customer_phone (
  customer_id {{int}} NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
  position {{int}} NOT NULL,
  number {{bytes}} NOT NULL,
  number_reversed {{bytes}} NOT NULL,
  product TEXT NOT NULL,
  exchange TEXT NOT NULL,
  status TEXT NOT NULL,
  PRIMARY KEY (customer_id, position)
) {{keyed}};
CREATE INDEX customer_phone_reversed ON customer_phone (number_reversed);

CREATE TABLE contact (
  id {{int}} NOT NULL PRIMARY KEY,
  channel TEXT NOT NULL,
  direction TEXT NOT NULL,
  from_number TEXT NOT NULL,
  to_number TEXT NOT NULL,
  phone_reversed {{bytes}} NOT NULL,
  service_line TEXT NOT NULL,
  queue TEXT NOT NULL,
  language TEXT NOT NULL,
  agent_id {{int}},
  customer_id {{int}},
  started_at {{int}} NOT NULL,
  ended_at {{int}},
  end_cause TEXT NOT NULL,
  outcome TEXT NOT NULL,
  wait_ms {{int}} NOT NULL,
  talk_ms {{int}} NOT NULL,
  hold_ms {{int}} NOT NULL,
  reason_code TEXT NOT NULL,
  result_code TEXT NOT NULL,
  note TEXT NOT NULL
) {{table}};
CREATE INDEX contact_started ON contact (started_at, id);
CREATE INDEX contact_agent ON contact (agent_id, started_at, id) WHERE agent_id IS NOT NULL;
CREATE INDEX contact_customer ON contact (customer_id, started_at, id) WHERE customer_id IS NOT NULL;
CREATE INDEX contact_phone ON contact (phone_reversed) WHERE phone_reversed <> '';
CREATE INDEX contact_live ON contact (id) WHERE outcome = 'live';

CREATE TABLE leg (
  id {{int}} NOT NULL PRIMARY KEY,
  contact_id {{int}} NOT NULL,
  role TEXT NOT NULL,
  kind TEXT NOT NULL,
  node TEXT NOT NULL,
  party TEXT NOT NULL,
  agent_id {{int}},
  started_at {{int}} NOT NULL,
  answered_at {{int}},
  ended_at {{int}},
  end_cause TEXT NOT NULL,
  packets_received {{int}} NOT NULL,
  packets_sent {{int}} NOT NULL,
  packets_lost {{int}} NOT NULL,
  jitter_ms {{int}} NOT NULL
) {{table}};
CREATE INDEX leg_contact ON leg (contact_id);

CREATE TABLE contact_event (
  contact_id {{int}} NOT NULL,
  seq {{int}} NOT NULL,
  at_ms {{int}} NOT NULL,
  type TEXT NOT NULL,
  data TEXT NOT NULL,
  PRIMARY KEY (contact_id, seq)
) {{keyed}};

CREATE TABLE recording (
  id {{int}} NOT NULL PRIMARY KEY,
  contact_id {{int}} NOT NULL,
  leg_id {{int}} NOT NULL,
  node TEXT NOT NULL,
  path TEXT NOT NULL,
  started_at {{int}} NOT NULL,
  ended_at {{int}},
  frames {{int}} NOT NULL,
  bytes {{int}} NOT NULL,
  state TEXT NOT NULL,
  problem TEXT NOT NULL
) {{table}};
CREATE INDEX recording_contact ON recording (contact_id);
CREATE INDEX recording_running ON recording (node) WHERE state = 'running';

CREATE TABLE session (
  token_hash {{bytes}} NOT NULL PRIMARY KEY,
  agent_id {{int}} NOT NULL,
  csrf_token TEXT NOT NULL,
  created_at {{int}} NOT NULL,
  seen_at {{int}} NOT NULL,
  expires_at {{int}} NOT NULL
) {{keyed}};
CREATE INDEX session_expires ON session (expires_at);

CREATE TABLE audit (
  id {{serial}},
  at_ms {{int}} NOT NULL,
  actor_id {{int}},
  action TEXT NOT NULL,
  object TEXT NOT NULL,
  source TEXT NOT NULL,
  data TEXT NOT NULL
) {{table}};
CREATE INDEX audit_action ON audit (action, id);

CREATE TABLE live_call (
  id {{int}} NOT NULL PRIMARY KEY,
  node TEXT NOT NULL,
  state TEXT NOT NULL
) {{table}};

CREATE TABLE live_agent (
  id {{int}} NOT NULL PRIMARY KEY,
  state TEXT NOT NULL
) {{table}};

-- boot_id is an unsigned 64-bit number in the bits of a signed one.
CREATE TABLE node_cursor (
  node {{bytes}} NOT NULL PRIMARY KEY,
  boot_id {{int}} NOT NULL,
  seq {{int}} NOT NULL
) {{keyed}};

CREATE TABLE core_epoch (
  only_row {{int}} NOT NULL PRIMARY KEY CHECK (only_row = 1),
  epoch {{int}} NOT NULL
) {{table}};
INSERT INTO core_epoch (only_row, epoch) VALUES (1, 0);

-- The number of the last transactions of each writer: tells, after a connection was lost during COMMIT, whether it was done.
CREATE TABLE commit_marker (
  writer {{bytes}} NOT NULL,
  seq {{int}} NOT NULL,
  PRIMARY KEY (writer, seq)
) {{keyed}};

-- SPDX-License-Identifier: Apache-2.0
-- The TM Forum APIs (docs/adr/0029): who listens, what has changed since, the events made of it, and what is still to be
-- delivered to whom. Empty while nobody listens.

-- One listener of one topic. leased_ms: until then it is somebody's to deliver to; trouble: of the last attempt.
CREATE TABLE tmf_hub (
  id {{serial}},
  topic {{bytes}} NOT NULL,
  callback TEXT NOT NULL,
  query TEXT NOT NULL,
  base_url TEXT NOT NULL,
  owner_id {{int}} NOT NULL,
  created_ms {{int}} NOT NULL,
  tries {{int}} NOT NULL,
  next_try_ms {{int}} NOT NULL,
  leased_ms {{int}} NOT NULL,
  trouble TEXT NOT NULL
) {{table}};
CREATE INDEX tmf_hub_topic ON tmf_hub (topic, id);

-- Written in the transaction of the change itself, taken away in the one that makes its events. was, is_now: the state
-- before (empty: it is new) and after, where the history of the object does not say it.
CREATE TABLE tmf_change (
  id {{serial}},
  kind TEXT NOT NULL,
  object_id {{int}} NOT NULL,
  seq {{int}} NOT NULL,
  at_ms {{int}} NOT NULL,
  was TEXT NOT NULL,
  is_now TEXT NOT NULL
) {{table}};

CREATE TABLE tmf_event (
  id {{serial}},
  type TEXT NOT NULL,
  at_ms {{int}} NOT NULL,
  body TEXT NOT NULL
) {{table}};
CREATE INDEX tmf_event_at ON tmf_event (at_ms, id);

CREATE TABLE tmf_topic_event (
  topic {{bytes}} NOT NULL,
  event_id {{int}} NOT NULL,
  PRIMARY KEY (topic, event_id)
) {{keyed}};

CREATE TABLE tmf_delivery (
  hub_id {{int}} NOT NULL,
  event_id {{int}} NOT NULL,
  PRIMARY KEY (hub_id, event_id)
) {{keyed}};
CREATE INDEX tmf_delivery_event ON tmf_delivery (event_id);

-- What these APIs keep beside orders, appointments and contacts: searches for time slots, cancellations, topics.
CREATE TABLE tmf_resource (
  kind {{bytes}} NOT NULL,
  id {{int}} NOT NULL,
  created_ms {{int}} NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (kind, id)
) {{keyed}};
CREATE INDEX tmf_resource_age ON tmf_resource (kind, created_ms);

-- Interactions that other systems record (a shop, a web hall); contacts are the hotline's own. ended: 0 while it goes on.
CREATE TABLE tmf_interaction (
  id {{int}} NOT NULL PRIMARY KEY,
  started_at {{int}} NOT NULL,
  channel TEXT NOT NULL,
  direction TEXT NOT NULL,
  customer_id {{int}},
  reason TEXT NOT NULL,
  ended {{flag}} NOT NULL,
  made_by {{int}} NOT NULL,
  body TEXT NOT NULL
) {{table}};
CREATE INDEX tmf_interaction_started ON tmf_interaction (started_at, id);
CREATE INDEX tmf_interaction_customer ON tmf_interaction (customer_id, started_at, id) WHERE customer_id IS NOT NULL;

CREATE INDEX work_order_created ON work_order (created_ms, id);
CREATE INDEX work_order_changed ON work_order (changed_ms, id);

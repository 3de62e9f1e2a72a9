-- SPDX-License-Identifier: Apache-2.0
-- Every agent's own part in a contact, with what each wrote; who owns it; which contacts are call-backs.

ALTER TABLE contact ADD COLUMN owner_id {{int}};
ALTER TABLE contact ADD COLUMN call_back TEXT NOT NULL DEFAULT '';
UPDATE contact SET owner_id = agent_id WHERE agent_id IS NOT NULL;

CREATE TABLE contact_part (
  contact_id {{int}} NOT NULL,
  agent_id {{int}} NOT NULL,
  position {{int}} NOT NULL,
  started_at {{int}} NOT NULL,
  talk_ms {{int}} NOT NULL, hold_ms {{int}} NOT NULL, consult_ms {{int}} NOT NULL,
  reason_code TEXT NOT NULL, result_code TEXT NOT NULL, note TEXT NOT NULL,
  PRIMARY KEY (contact_id, agent_id)
) {{keyed}};
INSERT INTO contact_part (contact_id, agent_id, position, started_at, talk_ms, hold_ms, consult_ms, reason_code, result_code, note)
  SELECT id, agent_id, 1, started_at, talk_ms, hold_ms, consult_ms, reason_code, result_code, note FROM contact WHERE agent_id IS NOT NULL;

DROP INDEX contact_agent;
CREATE INDEX contact_part_agent ON contact_part (agent_id, started_at, contact_id);
CREATE INDEX contact_call_back ON contact (started_at, id) WHERE call_back <> '';

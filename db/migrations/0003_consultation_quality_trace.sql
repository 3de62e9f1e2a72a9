-- SPDX-License-Identifier: Apache-2.0
-- Consultation times, the quality of each leg (docs/adr/0012, 0014), and the SIP messages of each contact (docs/adr/0015).

ALTER TABLE contact ADD COLUMN consult_ms {{int}} NOT NULL DEFAULT 0;

-- *_x100: hundredths; loss in percent, mos as ITU-T G.107 estimates it (0: not known). remote_*: what the far end reports.
ALTER TABLE leg ADD COLUMN codec TEXT NOT NULL DEFAULT '';
ALTER TABLE leg ADD COLUMN loss_x100 {{int}} NOT NULL DEFAULT 0;
ALTER TABLE leg ADD COLUMN rtt_ms {{int}} NOT NULL DEFAULT 0;
ALTER TABLE leg ADD COLUMN mos_x100 {{int}} NOT NULL DEFAULT 0;
ALTER TABLE leg ADD COLUMN remote_loss_x100 {{int}} NOT NULL DEFAULT 0;
ALTER TABLE leg ADD COLUMN remote_jitter_ms {{int}} NOT NULL DEFAULT 0;

-- One SIP message as it passed the voice node, secrets masked. seq counts within the leg.
CREATE TABLE sip_message (
  contact_id {{int}} NOT NULL,
  leg_id {{int}} NOT NULL,
  seq {{int}} NOT NULL,
  at_us {{int}} NOT NULL,
  sent {{flag}} NOT NULL,
  transport TEXT NOT NULL,
  local TEXT NOT NULL,
  remote TEXT NOT NULL,
  message TEXT NOT NULL,
  PRIMARY KEY (contact_id, leg_id, seq)
) {{keyed}};
CREATE INDEX sip_message_at ON sip_message (at_us);

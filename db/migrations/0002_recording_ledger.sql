-- SPDX-License-Identifier: Apache-2.0
-- What becomes of a recording after its call (docs/adr/0013). No live call writes these columns; each is moved on by one
-- statement of its own. A row outlives its files: it says when and why they were deleted.
--
-- next_try_at: not before this time is its node asked again, after something went wrong.

ALTER TABLE recording ADD COLUMN archive_path TEXT NOT NULL DEFAULT '';
ALTER TABLE recording ADD COLUMN archive_format TEXT NOT NULL DEFAULT '';
ALTER TABLE recording ADD COLUMN archive_key TEXT NOT NULL DEFAULT '';
ALTER TABLE recording ADD COLUMN archive_sha256 TEXT NOT NULL DEFAULT '';
ALTER TABLE recording ADD COLUMN archive_bytes {{int}} NOT NULL DEFAULT 0;
ALTER TABLE recording ADD COLUMN archive_frames {{int}} NOT NULL DEFAULT 0;
ALTER TABLE recording ADD COLUMN archived_at {{int}};
ALTER TABLE recording ADD COLUMN archive_gone_at {{int}};
ALTER TABLE recording ADD COLUMN wav_gone_at {{int}};
ALTER TABLE recording ADD COLUMN trouble TEXT NOT NULL DEFAULT '';
ALTER TABLE recording ADD COLUMN tries {{int}} NOT NULL DEFAULT 0;
ALTER TABLE recording ADD COLUMN next_try_at {{int}} NOT NULL DEFAULT 0;
ALTER TABLE recording ADD COLUMN hold {{flag}} NOT NULL DEFAULT 0;
ALTER TABLE recording ADD COLUMN hold_why TEXT NOT NULL DEFAULT '';
ALTER TABLE recording ADD COLUMN delete_asked_at {{int}};
ALTER TABLE recording ADD COLUMN delete_why TEXT NOT NULL DEFAULT '';
ALTER TABLE recording ADD COLUMN deleted_at {{int}};

CREATE INDEX recording_to_archive ON recording (node, next_try_at, id)
  WHERE archived_at IS NULL AND wav_gone_at IS NULL AND delete_asked_at IS NULL AND state <> 'running' AND frames > 0;
CREATE INDEX recording_to_clear ON recording (node, next_try_at, id)
  WHERE archived_at IS NOT NULL AND wav_gone_at IS NULL AND delete_asked_at IS NULL;
CREATE INDEX recording_to_delete ON recording (node, next_try_at, id) WHERE delete_asked_at IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX recording_kept ON recording (started_at, id) WHERE delete_asked_at IS NULL AND hold = 0;
CREATE INDEX recording_trouble ON recording (id) WHERE state = 'damaged' OR trouble <> '';

-- Identities that an interrupted retention left behind go by themselves: the next one writes down its own.

-- statement: retention_keys_end
ALTER TABLE retention_keys
  ADD COLUMN IF NOT EXISTS written_at DateTime DEFAULT now() COMMENT 'when it was written down, in UTC',
  MODIFY TTL written_at + toIntervalDay(7);

-- What a conversation used of paid services, from which its cost was worked out. Older calls have none.
alter table call_sessions add column meters jsonb;

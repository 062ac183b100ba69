-- What a call was ordered for, by the name of its playbook. Older calls have none.
alter table call_sessions add column playbook text;

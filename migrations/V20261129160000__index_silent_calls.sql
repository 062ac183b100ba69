-- Completed calls that left no conversation: reconcile looks for them every minute.
create index call_sessions_silent on call_sessions (end_time, id) where status = 'completed' and disposition is null;

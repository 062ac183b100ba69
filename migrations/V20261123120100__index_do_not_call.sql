-- The list, newest first.
create index do_not_call_newest on do_not_call (created_at, phone_index);

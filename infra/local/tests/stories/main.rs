//! Whole calls through the whole product in one process, on a real Postgres and Redis, with the
//! simulated carrier and speech provider. Needs `TEST_DATABASE_URL` and `TEST_REDIS_URL`.
//! `cargo test -p local --test stories -- word` runs the stories with that word in their names.

mod callbacks;
mod conversations;
mod dialing;
mod endings;
mod hand_over;
mod outages;
mod privacy;
mod requests;
mod rules;
mod support;

use support::{Story, run};

macro_rules! stories {
    ($($module:ident: $($name:ident)+;)+) => {
        vec![$($(Story {
            name: concat!(stringify!($module), "::", stringify!($name)),
            tell: || Box::pin($module::$name()),
        }),+),+]
    };
}

fn main() -> std::process::ExitCode {
    // The longest first: they decide how long all of them take.
    let stories = stories! {
        privacy: the_log_of_a_campaign_holds_no_number_and_no_secret;
        endings: a_silent_customer_is_asked_twice_and_then_left_in_peace;
        dialing: a_call_the_carrier_placed_without_answering_in_time_is_bound_by_its_callback;
        outages: nothing_is_lost_when_redis_forgets_everything_in_mid_campaign;
        outages: without_speech_every_call_still_ends_and_says_so;
        outages: a_speaking_socket_that_hangs_is_replaced_by_the_second_way;
        conversations:
            a_customer_hears_the_reason_only_after_saying_who_they_are
            a_wrong_person_hears_nothing_of_a_debt_in_any_language
            a_caller_who_interrupts_is_listened_to_and_the_cut_is_on_record;
        hand_over:
            a_customer_who_asks_for_an_agent_gets_one_and_whoever_does_not_is_hung_up
            key_one_is_as_good_as_asking;
        endings:
            a_busy_line_and_a_dead_number_end_truthfully_without_a_conversation
            a_customer_who_hangs_up_in_mid_sentence_has_heard_what_the_transcript_says;
        callbacks:
            a_callback_that_comes_twice_and_late_changes_nothing_twice
            a_lost_callback_is_made_up_for_by_asking_the_carrier
            a_callback_with_a_wrong_signature_is_refused_and_changes_nothing
            a_callback_for_a_call_nobody_knows_is_taken_and_changes_nothing;
        dialing:
            a_gateway_timeout_with_the_call_placed_makes_exactly_one_call
            a_gateway_timeout_without_a_call_is_written_off_and_not_dialled_again
            a_carrier_that_is_busy_three_times_costs_no_attempt
            a_worker_that_died_after_its_claim_phones_nobody_twice
            everybody_is_phoned_once_however_often_it_is_asked_for;
        rules:
            a_number_on_the_do_not_call_list_is_not_phoned_and_the_reason_is_shown
            nobody_is_phoned_outside_calling_hours_and_the_reason_is_shown;
        requests:
            what_can_not_be_done_is_refused_with_a_code_and_a_request_id
            a_workbook_with_good_and_bad_rows_becomes_a_campaign_of_the_good_ones
            a_large_sheet_is_sent_to_its_own_address_and_everybody_sees_it_come_in;
    };
    let afterwards = Story {
        name: "privacy::the_log_of_all_stories_holds_no_number_and_no_secret",
        tell: || Box::pin(privacy::the_log_of_all_stories_holds_no_number_and_no_secret()),
    };
    run(stories, afterwards)
}

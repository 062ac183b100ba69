//! Whole calls through the whole product in one process, on a real Postgres and Redis, with the
//! simulated carrier and speech provider. Needs `TEST_DATABASE_URL` and `TEST_REDIS_URL`.
//! `cargo test -p local --test stories -- word another` runs the stories with those words in their
//! titles; `[` tells them under guesses turned only.

mod callbacks;
mod conversations;
mod dialing;
mod endings;
mod faults;
mod hand_over;
mod outages;
mod personas;
mod privacy;
mod recordings;
mod requests;
mod rules;
mod scenarios;
mod storm;
mod support;
mod thinking;

use support::{GUESSES, Lens, Story, run};

macro_rules! stories {
    ($($module:ident: $($name:ident)+;)+) => {
        vec![$($(Story {
            name: concat!(stringify!($module), "::", stringify!($name)),
            tell: || Box::pin($module::$name()),
            lens: Lens::Default,
        }),+),+]
    };
}

/// The longest: they decide how long all of them take.
fn long_stories() -> Vec<Story> {
    stories! {
        storm: five_hundred_calls_stay_inside_the_accounts_pace_and_all_end_truthfully;
        privacy: the_log_of_a_campaign_holds_no_number_and_no_secret;
        endings: a_silent_customer_is_asked_twice_and_then_left_in_peace;
        dialing: a_call_the_carrier_placed_without_answering_in_time_is_bound_by_its_callback;
    }
}

fn the_scenarios() -> Vec<Story> {
    stories! {
        scenarios: every_call_ends_as_its_scenario_says;
    }
}

fn stories_of_calls() -> Vec<Story> {
    stories! {
        outages:
            nothing_is_lost_when_redis_forgets_everything_in_mid_campaign
            without_speech_every_call_still_ends_and_says_so
            a_speaking_socket_that_hangs_is_replaced_by_the_second_way;
        conversations:
            a_customer_hears_the_reason_only_after_saying_who_they_are
            a_wrong_person_hears_nothing_of_a_debt_in_any_language
            a_caller_who_interrupts_is_listened_to_and_the_cut_is_on_record;
        thinking:
            a_promise_is_read_back_and_counts_after_a_yes_in_every_language
            without_a_language_model_the_script_takes_the_promise
            where_claude_is_down_gemini_takes_the_promise
            what_a_model_makes_up_is_not_said;
        personas:
            keys_in_mid_sentence_start_it_again_and_key_one_leads_to_an_agent
            after_a_cough_the_bot_goes_on_where_it_stopped
            a_caller_who_changes_the_language_is_answered_in_theirs
            a_caller_who_is_silent_for_long_is_asked_again_and_then_understood
            a_greeting_is_heard_to_its_end_whoever_speaks_over_it
            an_answering_machine_is_left_without_a_word_about_the_debt
            a_telephone_that_screens_calls_learns_nothing_and_counts_as_a_machine;
        recordings:
            a_call_can_be_heard_afterwards_by_those_who_may_and_shows_what_it_cost;
        hand_over:
            a_customer_who_asks_for_an_agent_gets_one_and_whoever_does_not_is_hung_up
            an_agent_who_is_taken_off_the_list_in_mid_call_is_not_rung
            key_one_is_as_good_as_asking;
        endings:
            a_busy_line_and_a_dead_number_end_truthfully_without_a_conversation
            a_customer_who_hangs_up_in_mid_sentence_has_heard_what_the_transcript_says;
        rules:
            a_number_on_the_do_not_call_list_is_not_phoned_and_the_reason_is_shown;
        requests:
            a_workbook_with_good_and_bad_rows_becomes_a_campaign_of_the_good_ones;
        callbacks:
            a_callback_that_comes_twice_and_late_changes_nothing_twice
            a_lost_callback_is_made_up_for_by_asking_the_carrier
            a_callback_with_a_wrong_signature_is_refused_and_changes_nothing
            a_callback_for_a_call_nobody_knows_is_taken_and_changes_nothing;
        dialing:
            a_gateway_timeout_with_the_call_placed_makes_exactly_one_call
            a_gateway_timeout_without_a_call_is_written_off_and_not_dialled_again
            a_carrier_that_is_busy_three_times_costs_no_attempt
            a_refusal_ends_the_order_whatever_code_it_has
            an_account_that_is_not_served_stops_the_campaign_and_loses_nobody
            a_worker_that_died_after_its_claim_phones_nobody_twice
            everybody_is_phoned_once_however_often_it_is_asked_for;
    }
}

/// They place no call at all, so the carrier never comes into them: told once.
fn stories_without_a_call() -> Vec<Story> {
    stories! {
        scenarios:
            every_guess_meets_somebody_or_is_said_to_matter_to_nobody;
        rules:
            nobody_is_phoned_outside_calling_hours_and_the_reason_is_shown;
        requests:
            what_can_not_be_done_is_refused_with_a_code_and_a_request_id
            a_large_sheet_is_sent_to_its_own_address_and_everybody_sees_it_come_in;
    }
}

/// A product for each fault.
fn stories_of_faults() -> Vec<Story> {
    stories! {
        faults:
            whatever_is_wrong_with_hearing_a_customer_is_understood
            whatever_is_wrong_with_speaking_a_customer_hears_the_reason
            whatever_is_wrong_with_thinking_a_promise_is_taken;
    }
}

/// Each guess alone, over the roles it can touch.
fn each_guess_alone() -> impl Iterator<Item = Story> {
    (0..GUESSES.len())
        .flat_map(|place| the_scenarios().into_iter().map(move |story| Story { lens: Lens::Only(place), ..story }))
}

fn main() -> std::process::ExitCode {
    let under = |stories: Vec<Story>, lens: Lens| stories.into_iter().map(move |story| Story { lens, ..story });
    let stories = long_stories()
        .into_iter()
        .chain(under(long_stories(), Lens::Otherwise))
        .chain(stories_of_faults())
        .chain(the_scenarios())
        .chain(under(the_scenarios(), Lens::Otherwise))
        .chain(stories_of_calls())
        // A dozen products each: beside their first telling they would make one another late.
        .chain(under(stories_of_faults(), Lens::Otherwise))
        .chain(under(stories_of_calls(), Lens::Otherwise))
        .chain(under(the_scenarios(), Lens::Third))
        .chain(each_guess_alone())
        .chain(stories_without_a_call());
    let afterwards = Story {
        name: "privacy::the_log_of_all_stories_holds_no_number_and_no_secret",
        tell: || Box::pin(privacy::the_log_of_all_stories_holds_no_number_and_no_secret()),
        lens: Lens::Default,
    };
    run(stories.collect(), afterwards)
}

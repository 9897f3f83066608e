//! The store's promises, each kept once on SQLite and once on PostgreSQL.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod child;
mod crash;
mod damage;
mod dumps;
mod following;
mod place;
mod postgres;
mod racing;
mod recording;
mod samples;
mod serving;

/// Runs every test of the list once per backend. A backend that is missing fails its tests.
macro_rules! on_every_backend {
    ($($module:ident :: $name:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[test] fn $name() { crate::place::run(tellmark_store::Backend::Sqlite, crate::$module::$name); })*
        }
        mod on_postgres {
            $(#[test] fn $name() { crate::place::run(tellmark_store::Backend::Postgres, crate::$module::$name); })*
        }
    };
}

on_every_backend!(
    recording::everything_is_read_as_it_was_recorded,
    recording::new_releases_are_told_from_known_ones,
    recording::the_same_again_is_the_same_release,
    recording::nothing_is_kept_of_what_is_refused,
    recording::drafts_stay_in_their_lineage,
    recording::what_changed_in_between_is_told,
    recording::releases_are_found_by_prefix_and_name,
    recording::looks_go_forward_only,
    recording::a_large_roster_is_one_record,
    recording::odd_texts_come_back_unchanged,
    recording::a_ledger_is_made_once,
    following::a_source_is_followed_once,
    following::states_replace_each_other,
    following::a_source_is_read_by_one_of_many,
    following::a_hold_is_kept_lost_and_taken_over,
    following::an_article_is_recorded_once_with_all_that_was_seen,
    following::the_background_stays_small,
    following::sightings_older_than_their_sources_background_are_not_beside_it,
    following::each_channel_is_told_once,
    racing::tasks_get_numbers_without_gaps,
    racing::processes_get_numbers_without_gaps,
    racing::one_of_many_records_the_same,
    racing::a_ledger_is_made_by_one_of_many,
    damage::what_is_recorded_cannot_be_changed,
    damage::a_damaged_content_is_seen,
    damage::a_lost_content_is_seen,
    damage::a_removed_look_is_seen,
    damage::a_newer_ledger_is_refused,
    damage::what_is_no_ledger_is_refused,
    dumps::a_dump_is_the_same_from_both_backends,
    dumps::a_dump_is_of_one_moment,
    dumps::damaged_dumps_are_refused,
    dumps::forged_dumps_are_refused,
    dumps::a_dump_goes_into_an_empty_ledger_only,
    serving::an_invitation_works_once,
    serving::somebody_is_one_account,
    serving::sessions_and_tokens_end,
    serving::shares_are_recorded_for_ever,
    serving::orders_are_recorded_for_ever,
    serving::passkeys_are_counted_and_removed,
    serving::a_question_is_answered_once_and_in_time,
    serving::a_desk_has_drafts_and_answers,
    serving::several_servers_share_a_queue,
    serving::a_lease_is_kept_lost_and_taken_over,
);

//! What [`Store`] promises, a file for each theme.

pub(crate) mod aways;
pub(crate) mod commits;
pub(crate) mod counts;
pub(crate) mod ends;
pub(crate) mod homes;
pub(crate) mod jobs;
pub(crate) mod lists;
pub(crate) mod pause;
pub(crate) mod quota;
pub(crate) mod teams;
pub(crate) mod trail;

use crate::sample::{Keep, alices, at, insert};
use quartermaster::domain::ids::{ChannelId, ProductKey, RequestId, TeamName};
use quartermaster::domain::job::{JobKey, JobKind};
use quartermaster::domain::quota::QuotaSlot;
use quartermaster::domain::request::{MessageRef, Request};
use quartermaster::ports::store::{ClaimedJob, Commit, CommitError, ParkedJob, Store};
use std::sync::Arc;

macro_rules! store_suite {
    ($name:ident, $make:path $(, #[$attribute:meta])?) => {
        mod $name {
            crate::suite!(
                store::commits,
                commits,
                $make,
                [
                    a_request_is_read_back_as_it_was_committed,
                    of_many_commits_on_one_revision_exactly_one_wins,
                    a_request_is_inserted_once,
                    a_replacement_needs_the_revision_before_its_own,
                    a_commit_whose_answer_was_lost_may_be_repeated,
                    two_changes_that_differ_in_their_jobs_alone_are_not_one,
                    a_key_commits_once_and_names_its_request,
                    a_key_that_came_without_a_row_names_no_request,
                    a_refused_commit_changes_nothing,
                    reasons_to_refuse_are_checked_in_their_order,
                ]
                $(, #[$attribute])?
            );
            crate::suite!(
                store::quota,
                quota,
                $make,
                [
                    two_hundred_submissions_take_three_slots,
                    an_exception_takes_a_slot_beyond_the_limit_and_makes_no_room_for_others,
                    slots_are_counted_for_each_team_and_product,
                    a_slot_is_given_back_and_never_more_than_were_taken,
                    what_fits_the_budget_exactly_is_taken_and_a_cent_more_is_refused,
                    two_hundred_submissions_take_what_a_budget_for_three_allows,
                    a_budget_is_a_teams_over_all_its_products,
                    what_is_given_back_leaves_room_in_the_budget,
                    what_a_slot_holds_grows_within_the_budget_and_shrinks_while_it_is_held,
                ]
                $(, #[$attribute])?
            );
            crate::suite!(
                store::teams,
                teams,
                $make,
                [
                    while_a_team_is_taken_over_submissions_take_exactly_the_free_slots,
                    while_a_team_is_taken_over_submissions_take_exactly_what_the_budget_has_left,
                    limits_count_what_stands_under_other_names_of_the_team,
                    of_a_row_that_moves_and_ends_at_once_one_slot_is_free,
                    every_team_that_ever_held_something_is_known,
                    all_requests_are_listed_newest_first_in_pages,
                    what_was_counted_of_a_team_moves_whole_and_once,
                ]
                $(, #[$attribute])?
            );
            crate::suite!(
                store::lists,
                lists,
                $make,
                [
                    a_message_finds_its_request_even_after_another_took_its_place,
                    a_request_is_found_by_the_beginning_of_its_id,
                    lists_are_newest_first_and_come_in_pages,
                    the_store_can_be_checked,
                    a_message_about_several_requests_finds_them_all,
                    what_is_listed_may_be_what_lives_has_ended_or_waits,
                    what_is_of_one_moment_comes_once_each_in_whatever_pages,
                    what_moves_between_pages_is_neither_missed_nor_shown_twice,
                    what_was_asked_first_waits_longest_however_old_its_request_is,
                    what_is_answered_waits_in_no_list_and_waits_again_when_it_asks_again,
                    a_list_that_nobody_reads_is_an_error_and_not_empty,
                    what_is_held_is_what_lives_and_what_ended_since,
                    a_holding_says_what_sums_need_and_follows_the_row,
                    what_is_handed_over_moves_to_the_lists_of_its_new_owner,
                ]
                $(, #[$attribute])?
            );
            crate::suite!(
                store::trail,
                trail,
                $make,
                [
                    entries_are_read_in_the_order_of_their_commits,
                    an_entry_that_somebody_else_appended_makes_the_commit_stale,
                    entries_without_a_request_are_on_the_trail_too,
                    the_end_of_the_trail_is_behind_its_last_entry,
                    the_last_entry_of_a_chain_is_found,
                    the_portals_chain_has_an_end_that_moves_with_its_entries,
                    refusals_are_counted_for_an_hour_and_changed_as_they_were_read,
                    of_many_refusals_at_once_none_is_lost_or_counted_twice,
                    bots_are_known_while_they_say_that_they_are_there,
                    a_trail_that_grows_while_it_is_verified_holds,
                ]
                $(, #[$attribute])?
            );
            crate::suite!(
                store::aways,
                aways,
                $make,
                [
                    who_is_away_is_known_until_the_day_is_over_or_they_are_back,
                    an_absence_that_comes_again_under_its_key_changes_nothing,
                ]
                $(, #[$attribute])?
            );
            crate::suite!(
                store::homes,
                homes,
                $make,
                [a_home_tab_is_remembered_as_it_was_put_last, who_opened_their_home_tab_lately_is_found,]
                $(, #[$attribute])?
            );
            crate::suite!(
                store::pause,
                pause,
                $make,
                [
                    a_pause_is_remembered_as_it_was_begun_last_until_it_ends,
                    what_may_not_be_made_in_a_pause_is_refused_with_it_and_changes_nothing,
                    all_else_goes_on_in_a_pause,
                ]
                $(, #[$attribute])?
            );
            crate::suite!(
                store::counts,
                counts,
                $make,
                [
                    what_was_counted_is_added_up_by_team_from_a_day_on,
                    a_commit_that_is_refused_counts_nothing,
                ]
                $(, #[$attribute])?
            );
            crate::suite!(
                store::ends,
                ends,
                $make,
                [
                    a_key_whose_time_is_over_is_as_good_as_new,
                    rows_trail_and_what_belongs_to_what_lives_have_no_end,
                    every_parked_job_is_counted,
                    jobs_are_read_in_pages_between_two_moments,
                    what_is_summed_up_is_what_each_comes_to,
                    a_lease_that_ran_out_long_ago_goes_on_to_this_moment_and_no_further,
                ]
                $(, #[$attribute])?
            );
            crate::suite!(
                store::jobs,
                jobs,
                $make,
                [
                    jobs_are_claimed_when_due_oldest_first,
                    of_many_claimers_one_gets_the_job,
                    a_claim_runs_out,
                    only_the_named_jobs_that_are_due_are_claimed,
                    a_job_is_never_due_before_its_time,
                    a_done_job_is_gone,
                    a_job_that_was_put_off_comes_back_and_counts,
                    a_parked_job_is_not_claimed_until_it_is_written_again,
                    parked_jobs_of_a_subject_are_tried_again_as_if_they_were_new,
                    what_is_parked_is_listed_with_its_reason_until_it_is_tried_again,
                    the_jobs_of_a_subject_are_all_that_there_are_of_it,
                    a_parked_job_is_deleted_or_due_again_by_the_commit_that_says_so,
                    a_job_that_is_not_parked_is_left_alone_by_who_thinks_it_is,
                    whoever_holds_a_rewritten_job_has_lost_it,
                    a_claim_does_not_fit_a_job_that_was_deleted_and_written_again,
                    a_commit_finishes_the_job_that_caused_it,
                    a_commit_may_write_the_job_that_caused_it_again,
                    a_job_of_a_person_or_of_the_portal_is_claimed_like_any_other,
                ]
                $(, #[$attribute])?
            );
        }
    };
}
pub(crate) use store_suite as suite;

/// A fresh store.
pub(crate) struct StoreUnderTest {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) _keep: Keep,
}

impl StoreUnderTest {
    async fn commit(&self, commit: Commit) {
        self.store.commit(commit).await.unwrap();
    }

    async fn refusal(&self, commit: Commit) -> CommitError {
        self.store.commit(commit).await.unwrap_err()
    }

    /// Commits Alice's submission.
    async fn submitted(&self) -> Request {
        let transition = alices();
        self.commit(insert(&transition)).await;
        transition.request
    }

    async fn loaded(&self, id: RequestId) -> Option<Request> {
        self.store.load(id).await.unwrap()
    }

    async fn used(&self, slot: &QuotaSlot) -> u32 {
        self.store.quota_used(slot).await.unwrap()
    }

    /// Writes one job due at 12:00 and this many seconds.
    async fn write_job(&self, request: RequestId, kind: JobKind, seconds: u32) -> JobKey {
        let job = kind.due(request, at(seconds));
        let key = job.key.clone();
        self.commit(Commit { jobs: vec![job], ..Commit::default() }).await;
        key
    }

    /// Claims what is due, each claim for two minutes.
    async fn claim_due(&self, seconds: u32) -> Vec<ClaimedJob> {
        let keys = self.store.due(at(seconds), 100).await.unwrap();
        self.store.claim(&keys, at(seconds), at(seconds + 120)).await.unwrap()
    }

    /// Names of the jobs that are not parked.
    async fn waiting(&self) -> Vec<String> {
        let due = self.store.due(at(u32::MAX), 100).await.unwrap();
        due.into_iter().map(|key| key.name).collect()
    }

    /// What is parked, by the names of the jobs.
    async fn parked(&self) -> Vec<ParkedJob> {
        let mut parked = self.store.parked(100).await.unwrap();
        parked.sort_by(|a, b| a.key.name.cmp(&b.key.name));
        parked
    }

    async fn claim_one(&self, seconds: u32) -> ClaimedJob {
        let mut claimed = self.claim_due(seconds).await;
        assert_eq!(claimed.len(), 1, "{claimed:?}");
        claimed.remove(0)
    }
}

fn slot(team: &str, product: &str) -> QuotaSlot {
    QuotaSlot { team: TeamName::new(team), product: ProductKey::parse(product).unwrap() }
}

fn names(claimed: &[ClaimedJob]) -> Vec<&str> {
    claimed.iter().map(|job| job.claim.key.name.as_str()).collect()
}

fn message(ts: &str) -> MessageRef {
    MessageRef { channel: ChannelId::new("C0PAYMENTS"), ts: ts.to_owned() }
}

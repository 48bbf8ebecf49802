//! Every refusal as people read it.

use super::sentence;
use crate::domain::fixtures::{at, waiting_renewal};
use crate::domain::refusal::Refusal;
use crate::domain::refusal::tests::every_refusal;
use crate::domain::request::{Status, StatusName};

#[test]
#[expect(clippy::too_many_lines, reason = "it is one list")]
fn this_is_every_way_to_say_no() {
    let lines: Vec<String> = every_refusal().iter().map(sentence).collect();
    insta::assert_snapshot!(lines.join("\n"), @"
    You are not in a team yet. Ask your platform team to add you to one, then try again.
    You are a guest here, and guests cannot ask for AWS resources or decide about them. Ask a full member of the team you work with to do it for you.
    You belong to another company, and only people of this one can ask for AWS resources here or decide about them. Ask the person you work with to do it for you.
    Apps cannot ask for AWS resources or decide about them. A person has to do it.
    Your Slack account was deactivated. Ask an admin of your workspace to activate it, then try again.
    Slack does not show your account to this app, so nothing you do here counts. Ask your platform team to look into it.
    This app is set up for another Slack workspace. Ask your platform team how to use it from here.
    You are not a member of *search*. Your teams: payments, billing.
    Only the platform team and auditors can look at all teams together.
    Only the platform team and auditors can look at all teams together. You can name one of yours: payments, billing.
    There is no product called *s3-buket*. Run the command without a product to see what you can request.
    There is no product called *s3-buket*. Did you mean *s3-bucket*?
    There is no product called *s3-buket*. Did you mean *s3-bucket*, *s3-website* or *sqs-queue*?
    *Postgres* is not offered to team *payments*. Ask the product's owner, Data Platform.
    Team *payments* already uses 10 of 10 *s3-bucket*. Tear down one that is no longer needed, or ask your platform team for a larger quota.
    *Secure S3 Bucket* was changed by its owner in the meantime. Open the form again to see what is new.
    This form or button does not offer that, so nothing was done. Open it again from `/provision`.
    This request is already approved by <@U0MORGAN> (<!date^1772442120^{date_short_pretty} at {time}|2026-03-02 09:02 UTC>). Nothing was changed.
    This request is already timed out (<!date^1772442120^{date_short_pretty} at {time}|2026-03-02 09:02 UTC>). Nothing was changed.
    You have already approved this request. 1 more approval is needed.
    You have already approved this request. 2 more approvals are needed.
    Only its approvers can decide about this request: <@U0MORGAN>, <@U0PRIYA>.
    This is your own request, so somebody else has to decide: <@U0PRIYA>.
    This button is out of date: the request is now *Waiting for approval*. Nothing was changed; the newest message shows what you can do now.
    Slack did not confirm in time that you may decide about this request. Press the button again.
    The product has changed since this was requested, so it can no longer be provisioned. Deny it with a reason, so that it is requested again.
    Only <@U0ALICE>, who asked for it, and its owner can cancel it. An approver can deny it.
    It is too late to cancel this request: it is now *Provisioning*. Nothing was changed; `status` shows its progress.
    It is too late to cancel this request: it is now *Teardown failed*. Nothing was changed; `status` shows its progress.
    There is no request *3f2a8c* that you can see. `list` shows yours and your team's.
    *6e44* is too short: type at least 6 characters of the request's id. `list` shows them.
    2 requests begin with *3f2a8c*. Type a few more characters of the id.
    nothing to do: `resource created` does not apply to a request that is DENIED
    There is nothing to renew: the request is *Torn down*.
    It can be renewed by `30d` or `90d`. Nothing was changed.
    It cannot be renewed: ask your platform team. Nothing was changed.
    This already runs until <!date^1772442540^{date_short_pretty} at {time}|2026-03-02 09:09 UTC>, the longest its product allows. You can renew it from <!date^1772442180^{date_short_pretty} at {time}|2026-03-02 09:03 UTC>. Nothing was changed.
    A renewal is already waiting for approval, until <!date^1772442120^{date_short_pretty} at {time}|2026-03-02 09:02 UTC>. Nothing was done; the person who asked for it can withdraw it, and so can the owner.
    A change is already waiting for approval, until <!date^1772442120^{date_short_pretty} at {time}|2026-03-02 09:02 UTC>. Nothing was done; the person who asked for it can withdraw it, and so can the owner.
    It is being changed right now. Nothing was done; try again when it is *Active*.
    There is nothing to change: the request is *Torn down*.
    *Secure S3 Bucket* cannot be changed once it is provisioned, and this is already the newest version. Request another one instead.
    You have not changed anything. Change a field, or close the form.
    It is already being torn down. Nothing more was done.
    There is nothing to tear down: the request is *Torn down*.
    There is nothing to tear down: the request is *Waiting for approval*. Cancel it instead.
    There is nothing to tear down: the request is *Approved*. Try again in a moment, when it is being provisioned.
    You can leave something as it is only if it is stuck or its teardown has failed, and this is *Active*. Nothing was changed.
    There is nothing to hand over: the request is *Torn down*.
    <@U0ALICE> already owns it. Nothing was changed.
    New requests are paused:
    > we move &lt;house&gt; &amp; home until noon.
    This was already done. Nothing was done again.
    This request is *Denied*, so there is nothing to unblock. Nothing was changed.
    That job is no longer among the failed ones, or has failed again since. Nothing was done; `jobs` shows the current list.
    This version of the app cannot read that job, so it cannot retry it. Drop it, or retry it with the version that wrote it. Nothing was done.
    <@U0BOB> is not a member of *payments*, so it cannot be handed to them. Nothing was changed.
    Only its owner <@U0ALICE>, its team's approvers and the platform team can do that.
    You are no longer a member of team *payments*, so you can only view this and tear it down. <@U0MORGAN> can take it over.
    You are no longer a member of team *payments*, so you can only view this and tear it down. The platform team can take it over.
    Team *payments* is no longer in the settings, so only the platform team can keep it: <@U0ADMIN>. You can tear it down.
    Only <@U0ALICE>, who is waiting for the answer, can nudge the approvers.
    You have already nudged the approvers (<!date^1772442120^{date_short_pretty} at {time}|2026-03-02 09:02 UTC>), which is possible once. Reminders are sent automatically.
    <@U0SAM> has already given that person's approval. 1 more approval is needed, from somebody else.
    You cannot be your own delegate. Choose somebody else.
    Choose a day from today to 366 days ahead.
    <@U0SAM> is away until 2026-03-09. Choose somebody else.
    No team and no product names you as an approver, so you do not need a delegate. Nothing was saved.
    <@U0SAM> is not a full member of this workspace. Choose somebody who is.
    This could not be approved: it needs approval from somebody else, and there are not enough approvers. Ask your platform team to add more: <@U0PAT>.
    This could not be approved: it needs approval from 2 other people, and there are not enough approvers. Ask your platform team to add more: <@U0PAT>.
    This exception could not be granted: it needs approval from somebody else, the last of them an admin, and there are not enough. Have another admin added to the settings, in `slack.admins`.
    This exception could not be granted: it needs approval from 2 other people, the last of them an admin, and there are not enough. Ask <@U0PAT> to add more to the settings, in `slack.admins`.
    Only the platform team can do that.
    Only its approvers, the platform team and auditors can read the audit trail of a request.
    Team *payments* already uses about $482.10 of its $500 a month, so this does not fit. Tear down something that is no longer needed, or ask your platform team for a larger budget.
    ");
}

#[test]
fn a_button_that_is_out_of_date_says_how_things_stand_now() {
    let lives = at(StatusName::Active);
    let mut renewed = lives.clone();
    if let Status::Active { lease } = &mut renewed.status {
        lease.renewals = 1;
    }
    let mut waits = renewed.clone();
    waits.later = vec![waiting_renewal()];
    let requests = [lives, renewed, waits, at(StatusName::Terminating), at(StatusName::Terminated)];
    insta::assert_snapshot!(requests.map(|request| sentence(&Refusal::stale(&request))).join("\n"), @"
    This button is out of date: it is active until <!date^1775640600^{date_short_pretty} at {time}|2026-04-08 09:30 UTC>. Nothing was changed; the newest message shows what you can do now.
    This button is out of date: it has already been renewed until <!date^1775640600^{date_short_pretty} at {time}|2026-04-08 09:30 UTC>. Nothing was changed; the newest message shows what you can do now.
    This button is out of date: a renewal by 30 days is waiting for approval until <!date^1772445600^{date_short_pretty} at {time}|2026-03-02 10:00 UTC>. Nothing was changed; the newest message shows what you can do now.
    This button is out of date: it is already being torn down. Nothing was changed; the newest message shows what you can do now.
    This button is out of date: the request is now *Torn down*. Nothing was changed; the newest message shows what you can do now.
    ");
}

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
    You belong to another company, and only people of this one can ask for AWS resources here or decide about them. Ask whoever you work with to do it for you.
    Apps cannot ask for AWS resources or decide about them. A person has to do it.
    Your Slack account was deactivated. Ask an admin of your workspace to activate it, then try again.
    Slack does not show your account to this app, so nothing you do here counts. Ask your platform team to have it looked into.
    This app is set up for another Slack workspace. Ask your platform team how to use it from here.
    You are not a member of *search*. Your teams: payments, billing.
    Only the platform team and auditors can look at all teams together.
    Only the platform team and auditors can look at all teams together. You can name one of yours: payments, billing.
    There is no product called *s3-buket*. The command without a product shows what there is.
    There is no product called *s3-buket*. Did you mean *s3-bucket*?
    There is no product called *s3-buket*. Did you mean *s3-bucket*, *s3-website* or *sqs-queue*?
    *Postgres* is not offered to team *payments*. Ask the product's owner, Data Platform.
    Team *payments* already uses 10 of 10 *s3-bucket*. Free one by tearing down what is no longer needed, or ask your platform team for a larger quota.
    *Secure S3 Bucket* was changed by its owner in the meantime. Open the form again to see what is new.
    That is not something this form or button offers, so nothing was done. Open it again from `/provision`.
    This request is already approved by <@U0MORGAN> (<!date^1772442120^{date_short_pretty} at {time}|2026-03-02 09:02 UTC>). Nothing was changed.
    This request is already timed out (<!date^1772442120^{date_short_pretty} at {time}|2026-03-02 09:02 UTC>). Nothing was changed.
    You have already approved this request. 1 more approval is needed.
    You have already approved this request. 2 more approvals are needed.
    Only its approvers can decide about this request: <@U0MORGAN>, <@U0PRIYA>.
    This is your own request, so somebody else has to decide: <@U0PRIYA>.
    This button is out of date: the request is now at *Waiting for approval*. Nothing was changed; the newest message has what can be done now.
    Slack did not tell us in time whether you may decide about this request. Press the button again.
    The product was changed since this was asked for, so this cannot be made any more. Deny it with a reason, so that it is asked for anew.
    Only <@U0ALICE> can cancel this request. An approver can deny it.
    It is too late to cancel this request, which is at *Provisioning*. Nothing was changed; `status` shows how it goes on.
    It is too late to cancel this request, which is at *Teardown failed*. Nothing was changed; `status` shows how it goes on.
    There is no request *3f2a8c* that you can see. `list` shows yours and your team's.
    *6e44* is too short: type at least 6 characters of the request's id. `list` shows them.
    2 requests begin with *3f2a8c*. Type a few more characters of the id.
    nothing to do: `resource created` does not apply to a request that is DENIED
    There is nothing to renew: the request is at *Torn down*.
    It can be renewed by `30d` or `90d`. Nothing was changed.
    It can be renewed by nothing: ask your platform team. Nothing was changed.
    This already runs until <!date^1772442540^{date_short_pretty} at {time}|2026-03-02 09:09 UTC>, the longest its product allows at a time. You can renew it from <!date^1772442180^{date_short_pretty} at {time}|2026-03-02 09:03 UTC>. Nothing was changed.
    A renewal is waiting for its approvers already, until <!date^1772442120^{date_short_pretty} at {time}|2026-03-02 09:02 UTC>. Nothing was done; whoever asked for it can withdraw it.
    A change is waiting for its approvers already, until <!date^1772442120^{date_short_pretty} at {time}|2026-03-02 09:02 UTC>. Nothing was done; whoever asked for it can withdraw it.
    It is being changed just now. Nothing was done; try again when it is *Active*.
    There is nothing to change: the request is at *Torn down*.
    Nothing of *Secure S3 Bucket* can be changed once it is there, and it is the newest version. Ask for another one instead.
    Nothing is different. Change something, or close the form.
    It is being torn down already. Nothing more was done.
    There is nothing to tear down: the request is at *Torn down*.
    There is nothing to tear down: the request is at *Waiting for approval*. Cancel it instead.
    There is nothing to tear down: the request is at *Approved*. Try again in a moment, when it is being provisioned.
    You can leave something as it is only while its teardown has failed or it is stuck, and this is *Active*. Nothing was changed.
    There is nothing to hand over: the request is at *Torn down*.
    It is <@U0ALICE>'s already. Nothing was changed.
    New requests are paused:
    > we move &lt;house&gt; &amp; home until noon.
    This was already done. Nothing was done again.
    This request is *Denied*, so there is nothing to unblock. Nothing was changed.
    That job is not given up any more, or was once more since. Nothing was done; `jobs` shows what there is now.
    This version of the app cannot read that job, so it cannot try it again. Drop it, or retry it with the version that wrote it. Nothing was done.
    <@U0BOB> is not a member of *payments*, so it cannot be handed to them. Nothing was changed.
    Only <@U0ALICE>, who owns it, its team's approvers and the platform team can do that.
    You are no longer a member of team *payments*, so you can look at this and tear it down, and nothing else. <@U0MORGAN> can take it over.
    You are no longer a member of team *payments*, so you can look at this and tear it down, and nothing else. The platform team can take it over.
    Team *payments* is no longer in the settings, so only the platform team can keep it: <@U0ADMIN>. You can tear it down.
    Only <@U0ALICE>, who waits for the answer, can nudge its approvers.
    You have nudged its approvers already (<!date^1772442120^{date_short_pretty} at {time}|2026-03-02 09:02 UTC>), and that can be done once. They are reminded by themselves.
    <@U0SAM> has answered in that place already. 1 more approval is needed, from somebody else.
    You cannot answer for yourself while you are away. Choose somebody else.
    Choose a day from today on, 366 days ahead at most.
    <@U0SAM> is away until 2026-03-09. Choose somebody else.
    Nothing here waits for your approval: no team and no product names you as an approver, so nobody has to answer for you. Nothing was stored.
    <@U0SAM> is no full member of this workspace. Choose somebody who is.
    Nobody could approve this for you: it needs somebody else who may, and there are not so many. Ask your platform team to name more: <@U0PAT>.
    Nobody could approve this for you: it needs 2 different other people who may, and there are not so many. Ask your platform team to name more: <@U0PAT>.
    Nobody could grant you this exception: it needs somebody else, an admin the last of them, and there are not so many. Have another admin named in the settings, as `slack.admins`.
    Nobody could grant you this exception: it needs 2 different other people, an admin the last of them, and there are not so many. Ask <@U0PAT> to name more in the settings, as `slack.admins`.
    Only the platform team can do that.
    Only its approvers, the platform team and auditors can read the audit trail of a request.
    Team *payments* already holds about $482.10 of $500 a month, so this does not fit. Free something by tearing down what is no longer needed, or ask your platform team for a larger budget.
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
    This button is out of date: it lives until <!date^1775640600^{date_short_pretty} at {time}|2026-04-08 09:30 UTC>. Nothing was changed; the newest message has what can be done now.
    This button is out of date: it is already renewed until <!date^1775640600^{date_short_pretty} at {time}|2026-04-08 09:30 UTC>. Nothing was changed; the newest message has what can be done now.
    This button is out of date: a renewal by 30 days waits for its approvers until <!date^1772445600^{date_short_pretty} at {time}|2026-03-02 10:00 UTC>. Nothing was changed; the newest message has what can be done now.
    This button is out of date: it is being torn down already. Nothing was changed; the newest message has what can be done now.
    This button is out of date: the request is now at *Torn down*. Nothing was changed; the newest message has what can be done now.
    ");
}

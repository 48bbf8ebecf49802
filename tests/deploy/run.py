"""infra/deploy.sh against the account of account.py: in every state that a stack can be in, with each call failing once.

    python run.py [WORD…]     the scenarios whose names contain a word; all without

In whatever it is stopped by, it removes nothing that this very run has not made, leaves nothing behind without saying so,
and says what to do next; whoever does that and runs it again has everything deployed in the end.
"""

import concurrent.futures
import contextlib
import copy
import functools
import json
import multiprocessing
import os
import pathlib
import pty
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from account import STATUSES, UPDATABLE, Account, Server, balancer

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "infra/deploy.sh"
STACKS = ["quartermaster-assets", "quartermaster-portal", "quartermaster-launch-roles", "quartermaster-portfolio"]
OF_THE_BOT = ["ManagedBy", "Catalog", "QuartermasterPortal", "RequestId", "requestid", "Team", "Requester", "Product", "ApprovedBy", "ProvisionedBy"]
FIRST = ["--vpc", "vpc-1", "--subnets", "subnet-1,subnet-2"]
SERVER = Server()
runs = 0
running = None


class Ran:
    def __init__(self, code, said, account, before):
        self.code, self.said = code, said
        self.deleted = account.deleted[before["deleted"] :]
        self.calls = account.calls[before["calls"] :]

    def __repr__(self):
        return f"exit {self.code}\n{self.said}"


def deploy(account, *arguments, typed=None, stopped_by=None, directory=ROOT, **environment):
    """Runs the script. `typed` is what somebody at a terminal answers, `stopped_by` the signal that they send instead; with
    neither nobody is there."""
    global runs, running
    runs += 1
    account.run += 1
    before = {"deleted": len(account.deleted), "calls": len(account.calls)}
    SERVER.account = account
    environment |= {
        "PATH": f"{ROOT / 'tests/deploy/bin'}:/usr/local/bin:/usr/bin:/bin",
        "QM_STAND_IN_PORT": str(SERVER.port),
        "HOME": "/nonexistent",
    }
    terminal, stdin = pty.openpty()
    if typed is None and stopped_by is None:
        os.close(stdin)
        stdin = os.open(os.devnull, os.O_RDONLY)
    os.write(terminal, (typed or "").encode())
    running = subprocess.Popen(
        [SCRIPT, *arguments],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
        cwd=directory,
        start_new_session=True,
        preexec_fn=heed_signals,
    )
    said = ""
    if stopped_by is not None:
        while "[y/N]" not in said:
            said += running.stdout.read(1)
        # One that comes just before the shell begins to read is noticed with the next.
        while running.poll() is None:
            running.send_signal(stopped_by)
            try:
                running.wait(timeout=0.2)
            except subprocess.TimeoutExpired:
                pass
    said += running.communicate(timeout=120)[0]
    os.close(terminal)
    os.close(stdin)
    assert not SERVER.broken, SERVER.broken
    done = Ran(running.returncode, said, account, before)
    for what, name, made_by in done.deleted:
        if what == "stack":
            assert made_by == account.run, f"{name} was removed, and this run has not made it\n{done}"
    return done


def heed_signals():
    """In the background, or under nohup, this program may have been told to ignore them, and a script cannot undo that."""
    for one in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(one, signal.SIG_DFL)


def left(account):
    """Change sets and empty stacks that are there."""
    sets = [name for stack in account.stacks if stack.exists for name in stack.change_sets]
    return sets, [stack.name for stack in account.stacks if stack.status == "REVIEW_IN_PROGRESS"]


def is_complete(account):
    for name in STACKS:
        stack = account.stack(name)
        if stack is None or stack.status not in UPDATABLE or not stack.protected:
            return False
    return account.stack("quartermaster-portal").parameters["DeletionProtection"] == "yes"


def commands_in(said):
    """What a run tells to do by hand."""
    return [line.strip() for line in said.splitlines() if re.match(r" {4}aws ", line)]


def follow(account, said):
    for command in commands_in(said):
        environment = {"PATH": f"{ROOT / 'tests/deploy/bin'}:/usr/bin:/bin", "QM_STAND_IN_PORT": str(SERVER.port)}
        done = subprocess.run(["bash", "-c", command], env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{command}\n{done.stderr}"
    account.settle()


def goes_on(ran, account, arguments):
    """Whoever does what the run said, and runs it again, has everything deployed."""
    for _ in range(5):
        if ran.code == 0 and is_complete(account):
            follow(account, ran.said)
            assert not any(left(account)), (left(account), ran)
            return
        assert ran.code != 0, f"it ended in good order, and not everything is there\n{ran}"
        assert re.search(r"[Rr]un this again|run this again|--yes", ran.said), f"no way on is said\n{ran}"
        follow(account, ran.said)
        ran = deploy(account, *arguments)
    raise AssertionError(f"there is no way on\n{ran}")


@functools.cache
def first_installation():
    account = Account()
    ran = deploy(account, *FIRST, "--yes")
    assert ran.code == 0 and is_complete(account), ran
    return account


def installed():
    return copy.deepcopy(first_installation())


def installed_in(status, name):
    """An installation of which one stack is in that state."""
    account = installed()
    stack = account.stack(name)
    stack.status = status
    if status in ("REVIEW_IN_PROGRESS", "CREATE_IN_PROGRESS", "CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "ROLLBACK_IN_PROGRESS"):
        # A first creation: nothing after it has been made.
        stack.protected = False
        for later in STACKS[STACKS.index(name) + 1 :]:
            account.stacks.remove(account.stack(later))
    if status in ("DELETE_IN_PROGRESS", "DELETE_FAILED", "DELETE_COMPLETE"):
        stack.protected = False
    if status in ("REVIEW_IN_PROGRESS",):
        stack.template, stack.parameters, stack.tags = "", {}, {}
        stack.change_sets["somebody-elses"] = {"ExecutionStatus": "AVAILABLE", "StackId": stack.id}
    return account


@contextlib.contextmanager
def own_catalog():
    """The shipped catalog as somebody's own."""
    with tempfile.TemporaryDirectory() as folder:
        own = pathlib.Path(folder) / "own products"
        shutil.copytree(ROOT / "catalog", own)
        shutil.copy(ROOT / "infra/portfolio.yml", own)
        shutil.copy(ROOT / "infra/launch-roles.yml", own)
        yield own


# The scenarios.


def everything_is_deployed_and_once_more_changes_nothing():
    account = installed()
    assert not any(left(account)), left(account)
    assert [stack.name for stack in account.stacks] == STACKS
    objects = dict(account.objects)
    ran = deploy(account, "--yes")
    assert ran.code == 0 and ran.said.count("nothing changes") == 4, ran
    assert not any(left(account)) and account.objects == objects
    assert not any(words[1:2] == ["execute-change-set"] for words in ran.calls), ran.calls
    for line in ('transport = "socket"', 'portfolio = "the-PortfolioId"', 'queue = "the-QueueUrl"'):
        assert line in ran.said, ran


def tables_are_protected_once_everything_is_there():
    account = Account()
    seen = []
    account.before = lambda words: seen.append([word for word in words if "DeletionProtection" in word])
    deploy(account, *FIRST, "--yes")
    chosen = [re.search(r'"DeletionProtection","ParameterValue":"(\w+)"', words[0]).group(1) for words in seen if words]
    assert chosen == ["no", "yes"], chosen


def a_plan_leaves_nothing_behind():
    for account in (Account(), installed()):
        stacks = [(stack.name, stack.status) for stack in account.stacks]
        ran = deploy(account, *FIRST, "--plan")
        assert ran.code == 0, ran
        assert not any(left(account)), left(account)
        assert [(stack.name, stack.status) for stack in account.stacks if stack.exists] == stacks
        assert not any(words[1] in ("execute-change-set", "put-object") for words in ran.calls)


def whoever_says_no_leaves_nothing_behind():
    ran = deploy(account := Account(), *FIRST, typed="n\n")
    assert ran.code != 0 and "was not changed" in ran.said, ran
    assert not any(left(account)) and not [stack for stack in account.stacks if stack.exists]
    # To the second question: the first stack is made by then, and stays.
    ran = deploy(account, *FIRST, typed="y\nn\n")
    assert ran.code != 0 and not any(left(account)), ran
    assert [stack.name for stack in account.stacks if stack.exists] == ["quartermaster-assets"]
    account = installed()
    ran = deploy(account, "BotTasks=2", typed="n\n")
    assert ran.code != 0 and not any(left(account)) and is_complete(account), ran
    ran = deploy(account, "BotTasks=2")
    assert ran.code != 0 and "nobody is there to ask" in ran.said and not any(left(account)), ran


def whoever_stops_it_at_the_question_leaves_nothing_behind():
    for stopped_by in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        ran = deploy(account := Account(), *FIRST, stopped_by=stopped_by)
        assert ran.code != 0 and not any(left(account)), ran
        assert not [stack for stack in account.stacks if stack.exists], ran


def stop_at(account, number, by, everything):
    """A signal while that call is answered: to the script alone, or to the command line as well."""

    def stops(_):
        if len(account.calls) - 1 == number:
            (os.killpg if everything else os.kill)(running.pid, by)

    account.before = stops


def whoever_stops_it_at_any_call_is_told_what_goes_on():
    stories = [
        ("a plan", Account, [*FIRST, "--plan"]),
        ("a change", installed, ["BotTasks=2", "--yes"]),
    ]
    for story, begin, arguments in stories:
        account = begin()
        before = len(account.calls)
        count = len(deploy(account, *arguments).calls)
        for number in range(count):
            for by, everything in ((signal.SIGTERM, False), (signal.SIGINT, True)):
                account = begin()
                stop_at(account, before + number, by, everything)
                ran = deploy(account, *arguments)
                account.before = None
                where = f"{story}: call {number}, {' '.join(ran.calls[number][:2])}, {by.name}\n{ran}"
                assert ran.code == 128 + by, where
                sets, empty = left(account)
                assert not sets and not empty, f"{sets} and {empty} are left: {where}"
                going = [stack.name for stack in account.stacks if stack.status.endswith("_IN_PROGRESS")]
                for name in going:
                    assert f"the change of {name} has begun" in ran.said and "AWS goes on" in ran.said, where
                assert "does no harm" not in ran.said, where
                follow(account, ran.said)


def a_stack_that_cannot_be_looked_at_is_not_taken_for_none():
    refusals = [
        ("ExpiredToken", "The security token included in the request is expired"),
        ("AccessDenied", "User: x is not authorized to perform: cloudformation:DescribeStacks on resource: Stack with id quartermaster-portal does not exist"),
        ("ValidationError", "Rate exceeded"),
        ("Throttling", "Rate exceeded"),
        ("ValidationError", "Stack with id quartermaster-portal-of-somebody-else does not exist"),
    ]
    for refusal in refusals:
        for arguments in (["--plan"], ["--yes"]):
            account = installed()
            count = len(account.calls)
            looks = [0]

            def always(number, words):
                if number >= count and words[1] == "describe-stacks":
                    looks[0] += 1
                    return refusal
                return None

            account.fault = always
            ran = deploy(account, *arguments)
            assert ran.code != 0 and looks[0] == 1 and refusal[1] in ran.said, ran
            assert not ran.deleted, ran.deleted
            account.fault = None
            goes_on(deploy(account, "--yes"), account, ["--yes"])


def every_state_of_every_stack_has_a_way_on():
    for status in STATUSES:
        for name in STACKS:
            account = installed_in(status, name)
            arguments = [*FIRST, "--yes"]
            if name == "quartermaster-portal":
                there = [other.id for other in account.stacks if other.exists]
                deploy(account, *FIRST, "--plan")
                assert [other.id for other in account.stacks if other.exists] == there, status
            ran = deploy(account, *arguments)
            if status == "IMPORT_ROLLBACK_FAILED":
                assert ran.code != 0 and "AWS Support" in ran.said, ran
                continue
            goes_on(ran, account, arguments)


def an_empty_stack_of_somebody_else_is_never_removed():
    account = installed_in("REVIEW_IN_PROGRESS", "quartermaster-portal")
    for typed, arguments in ((None, ["--plan"]), ("n\n", [])):
        ran = deploy(account, *FIRST, *arguments, typed=typed)
        stack = account.stack("quartermaster-portal")
        assert stack.status == "REVIEW_IN_PROGRESS" and list(stack.change_sets) == ["somebody-elses"], ran
    # Somebody begins in the moment between the look and the plan.
    account = Account()

    def begins(words):
        if words[1] == "create-change-set" and not account.stacks:
            account.run -= 1
            account.make("quartermaster-assets", "REVIEW_IN_PROGRESS").change_sets["somebody-elses"] = {
                "ExecutionStatus": "AVAILABLE",
            }
            account.run += 1

    account.before = begins
    ran = deploy(account, *FIRST, typed="n\n")
    assert account.stack("quartermaster-assets").status == "REVIEW_IN_PROGRESS", ran


def a_creation_or_a_change_that_fails_is_told_with_the_way_on():
    for name in STACKS:
        account = Account()
        account.fails = {name}
        ran = deploy(account, *FIRST, "--yes")
        assert ran.code != 0 and "is ROLLBACK_COMPLETE" in ran.said and "already exists" in ran.said, ran
        assert "infra/README.md" in ran.said, ran
        goes_on(ran, account, [*FIRST, "--yes"])
    account = installed()
    account.fails = {"quartermaster-portal"}
    ran = deploy(account, "BotTasks=2", "--yes")
    assert ran.code != 0 and "rolled back to what it was" in ran.said, ran
    goes_on(ran, account, ["BotTasks=2", "--yes"])


def each_call_may_fail_once():
    stories = [
        ("a first installation", Account, [*FIRST, "--yes"], None),
        ("a change", installed, ["BotTasks=2", "--yes"], None),
        ("a plan", Account, [*FIRST, "--plan"], None),
        ("a no", installed, ["BotTasks=2"], "n\n"),
    ]
    failures = [("AccessDenied", "User: x is not authorized"), "after"]
    for story, begin, arguments, typed in stories:
        account = begin()
        before = len(account.calls)
        deploy(account, *arguments, typed=typed)
        calls = account.calls[before:]
        for number, words in enumerate(calls):
            # What only looks is answered or not; what changes something may have happened although the answer is lost.
            changes = words[1].split("-")[0] in ("create", "delete", "execute", "update", "put")
            for failure in failures if changes else failures[:1]:
                one_call_fails(story, begin, arguments, typed, number, failure)


def one_call_fails(story, begin, arguments, typed, number, failure):
    account = begin()
    before = len(account.calls)
    account.fault = lambda index, _: failure if index == before + number else None
    ran = deploy(account, *arguments, typed=typed)
    account.fault = None
    failed = ran.calls[number]
    where = f"{story}: call {number}, {' '.join(failed[:2])}, {failure}\n{ran}"
    sets, empty = left(account)
    told = "is left" in ran.said
    assert told or not sets, f"{sets} are left without a word: {where}"
    assert told or not empty, f"{empty} are left without a word: {where}"
    if "--yes" in arguments:
        goes_on(ran, account, arguments)
    elif told:
        follow(account, ran.said)
        goes_on(deploy(account, *FIRST, "--yes"), account, [*FIRST, "--yes"])


def arguments_are_checked_before_anything_is_asked():
    wrong = [
        (["Transprt=http"], "did you mean Transport?"),
        (["transport=http"], "did you mean Transport?"),
        (["VpcID=vpc-1"], "did you mean VpcId?"),
        (["Nonsense=1"], "unknown parameter: Nonsense ("),
        (["--pln"], "did you mean --plan?"),
        (["--subnet", "subnet-1"], "did you mean --subnets?"),
        (["AssetBucket=mine"], "is set by this script"),
        (["PermissionsBoundary=arn"], "--boundary"),
        (["BotTasks=1", "BotTasks=2"], "given twice"),
        (["--vpc"], "--vpc needs a value"),
        (["--vpc", "--plan"], "--vpc needs a value"),
        (["Transpor.=http"], "did you mean Transport?"),
        (["--boundary", "arn:aws:iam::1:policy/x", "--boundary", "none"], "--boundary is given twice"),
        (["--catalog", "catalog", "--catalog", "catalog"], "--catalog is given twice"),
        (["--tag", "a=1", "--tag", "a=2"], "the tag a is given twice"),
        (["--tag", "a=1", "--untag", "a"], "the tag a is given twice"),
        (["BalancerProtection=no"], "is set by this script"),
        (["--tag", "novalue"], "--tag wants Key=Value"),
        (["--tag", "Empty="], "--tag wants Key=Value"),
        *((["--tag", f"{key}=1"], "is not yours to set") for key in OF_THE_BOT),
        (["--untag", "ManagedBy"], "is not yours to set"),
        (["--catalog", "no-such-folder"], "there is no folder no-such-folder"),
        (["BotTasks=1\n2"], "a line break"),
    ]
    for arguments, said in wrong:
        ran = deploy(account := Account(), *arguments)
        assert ran.code != 0 and said in ran.said and not account.calls, (arguments, ran)
    with tempfile.TemporaryDirectory() as elsewhere:
        (pathlib.Path(elsewhere) / "infra").mkdir()
        ran = deploy(Account(), "--help", CDPATH=elsewhere)
        assert ran.code == 0 and "infra/deploy.sh --vpc" in ran.said, ran
    ran = deploy(Account(), "--yes")
    assert ran.code != 0 and "VpcId is needed the first time" in ran.said, ran
    ran = deploy(Account(), *FIRST, "Transport=htpp", "--yes")
    assert ran.code != 0 and "AllowedValues" in ran.said, ran


def tags_and_boundary_reach_every_stack_and_are_kept():
    account = Account()
    boundary = "arn:aws:iam::123456789012:policy/platform"
    odd = 'a "quoted" \\ thing'
    ran = deploy(account, *FIRST, "--yes", "--boundary", boundary, "--tag", "CostCenter=42", "--tag", f"Note={odd}")
    assert ran.code == 0 and is_complete(account), ran
    for again in ([], ["--tag", "CostCenter=43"]):
        for name in STACKS:
            cost = "43" if again and name == STACKS[0] else account.stack(name).tags["CostCenter"]
            assert account.stack(name).tags["Note"] == odd and cost in ("42", "43")
        for name in STACKS[1:3]:
            assert account.stack(name).parameters["PermissionsBoundary"] == boundary
        ran = deploy(account, "--yes", *again)
        assert ran.code == 0 and is_complete(account), ran
    assert {account.stack(name).tags["CostCenter"] for name in STACKS} == {"43"}
    ran = deploy(account, "--yes", "--boundary", "none")
    assert ran.code == 0 and account.stack(STACKS[1]).parameters["PermissionsBoundary"] == "", ran


def what_is_made_later_has_the_tags_and_the_boundary_of_the_installation():
    boundary = "arn:aws:iam::123456789012:policy/edge"
    said = ["--boundary", boundary, "--tag", "CostCenter=42"]
    for name in STACKS[1:]:
        account = Account()
        account.fails = {name}
        ran = deploy(account, *FIRST, *said, "--yes")
        assert ran.code != 0, ran
        follow(account, ran.said)
        # Nobody says it again.
        ran = deploy(account, *FIRST, "--yes")
        assert ran.code == 0 and is_complete(account), ran
        for stack in map(account.stack, STACKS):
            assert stack.tags["CostCenter"] == "42", (name, stack.name)
            assert stack.parameters.get("PermissionsBoundary", boundary) == boundary, (name, stack.name)
    # An installation that gets both later, and is interrupted in between.
    account = installed()
    account.fails = {STACKS[2]}
    ran = deploy(account, *said, "--yes")
    assert ran.code != 0, ran
    ran = deploy(account, "--yes")
    assert ran.code != 0 and "different permissions boundaries" in ran.said, ran
    assert f"{STACKS[1]}: {boundary}" in ran.said and f"{STACKS[2]}: none" in ran.said, ran
    ran = deploy(account, "--boundary", boundary, "--yes")
    assert ran.code == 0, ran
    for stack in map(account.stack, STACKS):
        assert stack.tags["CostCenter"] == "42", stack.name
        assert stack.parameters.get("PermissionsBoundary", boundary) == boundary, stack.name
    # Of two values each stack keeps its own, and that is said.
    account.stack(STACKS[3]).tags["CostCenter"] = "43"
    ran = deploy(account, "--yes")
    assert ran.code == 0 and f"{STACKS[3]} keeps the tag CostCenter=43, another stack has 42" in ran.said, ran
    ran = deploy(account, "--untag", "CostCenter", "--yes")
    assert ran.code == 0 and not any("CostCenter" in stack.tags for stack in account.stacks), ran


def a_tag_of_the_bot_that_is_there_has_to_go():
    account = installed()
    account.stack(STACKS[1]).tags["RequestId"] = "1"
    ran = deploy(account, "--yes")
    assert ran.code != 0 and "--untag RequestId" in ran.said, ran
    ran = deploy(account, "--untag", "RequestId", "--yes")
    assert ran.code == 0 and "RequestId" not in account.stack(STACKS[1]).tags, ran


def a_catalog_of_ones_own_cannot_drop_the_boundary():
    boundary = "arn:aws:iam::123456789012:policy/edge"
    roles = (ROOT / "infra/launch-roles.yml").read_text()
    unbounded = re.sub(r"Parameters:\n.*?\n\nConditions:.*?\n\n", "", roles, flags=re.DOTALL)
    unbounded = re.sub(r"\n      PermissionsBoundary: .*", "", unbounded)
    one_unbounded = roles.replace("\n      PermissionsBoundary: !If", "\n      # PermissionsBoundary: !If", 1)
    account = Account()
    ran = deploy(account, *FIRST, "--boundary", boundary, "--yes")
    assert ran.code == 0, ran
    with own_catalog() as own:
        for text, said in ((unbounded, "has no parameter PermissionsBoundary"), (one_unbounded, "has no PermissionsBoundary, and")):
            (own / "launch-roles.yml").write_text(text)
            ran = deploy(account, "--catalog", str(own), "--yes")
            assert ran.code != 0 and said in ran.said, ran
            assert account.stack(STACKS[2]).parameters["PermissionsBoundary"] == boundary, ran
            assert not [words for words in ran.calls if words[1] == "execute-change-set"], ran
        ran = deploy(account, "--catalog", str(own), "--boundary", "none", "--yes")
        assert ran.code == 0 and account.stack(STACKS[1]).parameters["PermissionsBoundary"] == "", ran


def roles_of_a_portal_in_another_region_are_left_alone():
    account = Account()
    account.roles = {"quartermaster-launch-s3-bucket"}
    for arguments in (["--plan"], ["--yes"]):
        ran = deploy(account, *FIRST, *arguments)
        assert ran.code != 0 and "a portal in another region needs it" in ran.said and "leave it alone" in ran.said, ran
        assert not account.stacks and not commands_in(ran.said), ran
    # Of a name that is not looked for first, or that nobody may look for, CloudFormation says so.
    account = Account()
    account.fault = lambda _, words: ("AccessDenied", "not authorized to perform: iam:GetRole") if words[1] == "get-role" else None
    account.fails = {STACKS[2]}
    ran = deploy(account, *FIRST, "--yes")
    assert ran.code != 0 and "Delete a role only where no region has that stack" in ran.said, ran
    # Its own roles are no others.
    account = installed()
    account.roles = {"quartermaster-launch-s3-bucket"}
    ran = deploy(account, "--yes")
    assert ran.code == 0, ran


def a_load_balancer_is_protected_once_it_is_there_and_released_before_it_goes():
    http = ["Transport=http", "PublicSubnetIds=subnet-3,subnet-4", "CertificateArn=arn", "AccessLogBucket=logs"]
    image = ["--image", "1.dkr.ecr.us-east-1.amazonaws.com/quartermaster@sha256:" + "0" * 64]
    account = installed()
    seen = []

    def executed(words):
        if words[1:2] == ["execute-change-set"] and STACKS[1] in words:
            (change_set,) = account.stack(STACKS[1]).change_sets.values()
            seen.append(balancer(change_set["content"][1]))

    account.before = executed
    ran = deploy(account, *http, *image, "--yes")
    assert ran.code == 0 and seen == ["there", "protected"], (seen, ran)
    seen.clear()
    ran = deploy(account, "BotTasks=2", "--yes")
    assert ran.code == 0 and seen == ["protected"], (seen, ran)
    ran = deploy(account, "Transport=socket", "--plan")
    assert ran.code == 0 and not any(left(account)), ran
    seen.clear()
    ran = deploy(account, "Transport=socket", "--yes")
    assert ran.code == 0 and seen == ["there", None] and "could not be removed" not in ran.said, (seen, ran)
    # A creation with everything at once, and one whose change fails.
    seen.clear()
    account = Account()
    account.before = executed
    ran = deploy(account, *FIRST, *http, *image, "--yes")
    assert ran.code == 0 and seen == ["there", "protected"], (seen, ran)
    # What is left outside all the same is told.
    account.stack(STACKS[1]).before = ("", {}, {})
    account.before = lambda words: words[1:2] == ["execute-change-set"] and account.stack(STACKS[1]).parameters.update(BalancerProtection="yes")
    ran = deploy(account, "Transport=socket", "--yes")
    assert ran.code == 0 and "Balancer" in ran.said and "remove it by hand" in ran.said, ran


def a_catalog_of_ones_own_is_deployed_and_never_taken_away_by_mistake():
    with tempfile.TemporaryDirectory() as folder:
        own = pathlib.Path(folder)
        (own / "s3-bucket").mkdir()
        (own / "s3-bucket/template.yml").write_bytes((ROOT / "catalog/s3-bucket/template.yml").read_bytes())
        portfolio = (ROOT / "infra/portfolio.yml").read_text()
        # The shipped portfolio with one of its products; so long that it has to go through the bucket.
        head, *_ = portfolio.split("  # ecs-service\n")
        bucket = "  # s3-bucket\n" + portfolio.split("  # s3-bucket\n")[1]
        (own / "portfolio.yml").write_text(head + bucket + "# long\n" * 9000)
        account = Account()
        ran = deploy(account, *FIRST, "--yes", "--catalog", folder)
        assert ran.code != 0 and "launch-roles.yml is missing" in ran.said and not account.calls, ran
        (own / "launch-roles.yml").write_text((ROOT / "infra/launch-roles.yml").read_text().replace("launch-s3-bucket", "launch-other"))
        ran = deploy(account, *FIRST, "--yes", "--catalog", folder)
        assert ran.code != 0 and "has no role quartermaster-launch-s3-bucket" in ran.said and not account.calls, ran
        roles = (ROOT / "infra/launch-roles.yml").read_text()
        (own / "launch-roles.yml").write_text(roles.replace("PermissionsBoundary:", "Boundary:", 1))
        bounded = Account()
        ran = deploy(bounded, *FIRST, "--yes", "--catalog", folder, "--boundary", "arn:aws:iam::123456789012:policy/edge")
        assert ran.code != 0 and "launch-roles.yml has no parameter PermissionsBoundary" in ran.said, ran
        assert bounded.stack(STACKS[2]) is None, "a role without the boundary"
        for kept, named in (("portfolio.yml", "names no template"), ("launch-roles.yml", "has no role")):
            text = (own / kept).read_text()
            (own / kept).write_text(re.sub(r"products/|quartermaster-launch-", "other/", text))
            ran = deploy(account, *FIRST, "--yes", "--catalog", folder)
            assert ran.code != 0 and named in ran.said and not account.calls, ran
            (own / kept).write_text(text)
        quoted = roles.replace("RoleName: quartermaster-launch-s3-bucket", "RoleName: 'quartermaster-launch-s3-bucket'")
        for text in (quoted, quoted.replace("'", '"'), roles.replace("\n", "\r\n")):
            (own / "launch-roles.yml").write_text(text)
            ran = deploy(Account(), *FIRST, "--plan", "--catalog", folder)
            assert ran.code == 0, ran
        (own / "launch-roles.yml").write_text(roles)
        ran = deploy(account, *FIRST, "--yes", "--catalog", folder)
        assert ran.code == 0 and is_complete(account), ran
        uploaded = sorted(key.split("/")[0] for _, key in account.objects)
        assert uploaded == ["machine", "products", "stacks"], uploaded
        ran = deploy(account, "--yes")
        assert ran.code != 0 and "name it with --catalog" in ran.said, ran
        ran = deploy(account, "--yes", "--catalog", folder)
        assert ran.code == 0 and ran.said.count("nothing changes") == 4, ran
        (own / "s3-bucket/template.yml").write_text("changed")
        ran = deploy(account, "--yes", "--catalog", folder)
        assert ran.code != 0 and "is out of date" in ran.said, ran


def what_aws_would_refuse_is_refused():
    """The stand-in itself: a scenario fails on what only it would take."""
    account = installed()
    change = ["cloudformation", "create-change-set", "--stack-name", "quartermaster-assets", "--change-set-type", "UPDATE"]
    change += ["--template-body", f"file://{ROOT / 'infra/assets.yml'}"]
    named = [*change, "--change-set-name", "x"]
    tag = lambda key, value: ["--tags", json.dumps([{"Key": key, "Value": value}])]
    many = ["--tags", json.dumps([{"Key": str(number), "Value": "x"} for number in range(51)])]
    portal = [f"file://{ROOT / 'infra/launch-roles.yml'}" if word.startswith("file:") else word for word in named]
    for words, code, said in [
        (change, 252, "Missing required parameter"),
        ([*named, "--colour", "red"], 252, "Unknown options"),
        ([*named, *tag("Empty", "")], 252, "Invalid length for parameter Tags"),
        ([*change, "--change-set-name", "1-x"], 254, "regular expression pattern"),
        ([*named, "--capabilities", "CAPABILITY_EVERYTHING"], 254, "must be one of"),
        ([*named, *tag("k" * 129, "x")], 254, "1 to 128"),
        ([*named, *tag("aws:x", "x")], 254, "aws: prefixed tag key"),
        ([*named, *many], 254, "None to 50"),
        (portal, 254, "(InsufficientCapabilitiesException)"),
        (["sts", "get-caller-identity", "--account", "1"], 252, "Unknown options"),
    ]:
        answered = account.answer(words)
        assert answered[0] == code and said in answered[2], (words, answered)
    # Nor does it answer what is no answer.
    account.stack("quartermaster-assets").status = "ALMOST_COMPLETE"
    look = ["cloudformation", "describe-stacks", "--stack-name", "quartermaster-assets"]
    for broken, said in ((lambda *_: None, "must be one of"), (lambda *_: ("NoSuchKey", "no"), "has no error NoSuchKey")):
        account.fault = broken
        try:
            raise SystemExit(f"it answered {account.answer(look)}")
        except AssertionError as wrong:
            assert said in str(wrong), wrong


# The longest come first, so that they run beside all others.
SCENARIOS = [
    every_state_of_every_stack_has_a_way_on,
    each_call_may_fail_once,
    whoever_stops_it_at_any_call_is_told_what_goes_on,
    what_aws_would_refuse_is_refused,
    arguments_are_checked_before_anything_is_asked,
    everything_is_deployed_and_once_more_changes_nothing,
    tables_are_protected_once_everything_is_there,
    a_plan_leaves_nothing_behind,
    whoever_says_no_leaves_nothing_behind,
    whoever_stops_it_at_the_question_leaves_nothing_behind,
    tags_and_boundary_reach_every_stack_and_are_kept,
    what_is_made_later_has_the_tags_and_the_boundary_of_the_installation,
    a_tag_of_the_bot_that_is_there_has_to_go,
    a_catalog_of_ones_own_cannot_drop_the_boundary,
    roles_of_a_portal_in_another_region_are_left_alone,
    a_load_balancer_is_protected_once_it_is_there_and_released_before_it_goes,
    a_catalog_of_ones_own_is_deployed_and_never_taken_away_by_mistake,
    a_stack_that_cannot_be_looked_at_is_not_taken_for_none,
    an_empty_stack_of_somebody_else_is_never_removed,
    a_creation_or_a_change_that_fails_is_told_with_the_way_on,
]


def play(name):
    """Returns the name, what was wrong, how many seconds it took and how often the script ran."""
    began, before = time.monotonic(), runs
    try:
        globals()[name]()
        wrong = None
    except AssertionError as error:
        wrong = str(error)
    return name, wrong, time.monotonic() - began, runs - before


def main():
    chosen = [one for one in SCENARIOS if not sys.argv[1:] or any(word in one.__name__ for word in sys.argv[1:])]
    total = 0
    # Each process has an account of its own, so scenarios do not meet.
    with concurrent.futures.ProcessPoolExecutor(os.cpu_count(), multiprocessing.get_context("spawn")) as processes:
        for played in concurrent.futures.as_completed(processes.submit(play, one.__name__) for one in chosen):
            name, wrong, seconds, times = played.result()
            if wrong is not None:
                processes.shutdown(wait=False, cancel_futures=True)
                sys.exit(f"{name}: {wrong}")
            total += times
            print(f"{name.replace('_', ' ')}: {seconds:.0f} s", flush=True)
    print(f"deploy.sh: {len(chosen)} scenarios, run {total} times")


if __name__ == "__main__":
    main()

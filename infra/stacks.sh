# shellcheck shell=bash disable=SC2154  # deploy.sh sets these from its arguments
# For deploy.sh: one stack, from its plan to its end. What is deployed, and in which order, does not belong here.
#
# Functions return results in variables, because a function in `$(…)` cannot end the run. Every call to AWS goes through
# `try` or `call`, and every refusal says what to do next. Only two things are ever removed: the change set of this run, and
# the stack that CloudFormation created to hold it, which did not exist when this run looked, is still in review, and has no
# other change set.

folder=$(mktemp -d)
answer=
refusal=
values=
all_tags=
changes=
inherited=()

# try ARGUMENTS…: AWS's answer is in `answer`, its error in `refusal`.
try() {
  refusal=
  if answer=$(aws "$@" 2>"$folder/refusal"); then
    return 0
  fi
  refusal=$(<"$folder/refusal")
  refusal=${refusal#$'\n'}
  return 1
}

# call DOING ARGUMENTS…: like try, but ends the run if AWS refuses.
call() {
  local doing=$1
  shift
  try "$@" || stop "cannot $doing"
}

# stop WHAT: ends the run with AWS's error and how to continue.
stop() {
  fail "$1:
  ${refusal:-aws gave no reason}
Put that right and run this again; what is done already is left alone."
}

# The plan that was created and is not executed yet: name of the change set, stack, its id once it is known, and whether this
# run created the stack.
drawn=
drawn_on=
drawn_id=
made=no
# The stack whose change may have begun, and is not known to have ended.
begun=

# Removes a plan that is not executed. If it is interrupted, it can be repeated.
discard() {
  local name=$drawn state made_so_far
  if try cloudformation describe-change-set --stack-name "$drawn_on" --change-set-name "$name" \
    --query '[StackId, ExecutionStatus, Status]' --output text; then
    read -r drawn_id state made_so_far <<<"$answer"
    # CloudFormation refuses to remove a change set while it is being created or executed.
    case $made_so_far in
      CREATE_PENDING | CREATE_IN_PROGRESS)
        try cloudformation wait change-set-create-complete --stack-name "$drawn_id" --change-set-name "$name" || true
        ;;
    esac
    if [[ $state == EXECUTE_* ]]; then
      goes_on "$drawn_on"
    elif ! try cloudformation delete-change-set --stack-name "$drawn_id" --change-set-name "$name"; then
      left_behind "$drawn_id" "$name"
    else
      discard_stack "$name"
    fi
  elif [[ $refusal != *'(ChangeSetNotFound)'* && $refusal != *'(ValidationError)'*'does not exist'* ]]; then
    left_behind "$drawn_on" "$name"
  elif [[ -n $drawn_id ]]; then
    # The change set is gone already, perhaps without the stack.
    discard_stack "$name"
  fi
  drawn=
  drawn_id=
}

# discard_stack NAME: removes the stack that was created to hold that change set, and nothing else.
discard_stack() {
  [[ $made == yes ]] || return 0
  if try cloudformation describe-stacks --stack-name "$drawn_id" --query 'Stacks[0].StackStatus' --output text \
    && [[ $answer == REVIEW_IN_PROGRESS ]] \
    && try cloudformation list-change-sets --stack-name "$drawn_id" --query "Summaries[?ChangeSetName!='$1'].ChangeSetName" --output text; then
    [[ -z $answer || $answer == None ]] || return 0
    try cloudformation delete-stack --stack-name "$drawn_id" && return 0
  fi
  [[ -z $refusal ]] || printf 'deploy: the empty stack %s is left, and does no harm: the next run goes on with it.\n  %s\n' \
    "$drawn_on" "$refusal" >&2
}

left_behind() {
  printf 'deploy: the plan %s is left, and does no harm. To remove it:\n  %s\n    %s\n' "$2" "$refusal" \
    "aws cloudformation delete-change-set --stack-name $1 --change-set-name $2" >&2
}

# goes_on STACK: says that a change continues after this run.
goes_on() {
  printf 'deploy: the change of %s has begun as far as is known, and AWS goes on with it. Wait until this shows no status that ends in _IN_PROGRESS, then run this again:\n    %s\n' \
    "$1" "aws cloudformation describe-stacks --stack-name $1 --query Stacks[0].StackStatus --output text" >&2
}

finish() {
  local code=$?
  trap - EXIT
  # A second signal must not stop this half-way.
  trap '' INT TERM HUP
  set +e
  if [[ -n $begun ]]; then
    # If the run was stopped while it requested the change, the change may not have begun.
    if [[ -n $drawn ]] && try cloudformation describe-change-set --stack-name "$drawn_on" --change-set-name "$drawn" \
      --query ExecutionStatus --output text && [[ $answer == AVAILABLE ]]; then
      discard
    else
      goes_on "$begun"
    fi
  elif [[ -n $drawn ]]; then
    discard
  fi
  rm -rf "$folder"
  exit "$code"
}
trap finish EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# look STACK: sets `status`, `protected` and `reason`; all are empty if the stack does not exist. Only CloudFormation's own
# answer counts as "does not exist".
look() {
  status=
  protected=
  reason=
  if try cloudformation describe-stacks --stack-name "$1" --output text \
    --query 'Stacks[0].[StackStatus, EnableTerminationProtection, StackStatusReason]'; then
    read -r status protected reason <<<"$answer"
  elif [[ $refusal != *'(ValidationError)'*"Stack with id $1 does not exist"* ]]; then
    stop "cannot look at the stack $1"
  fi
}

# Whether the stack that was looked at has yet to be created.
is_new() {
  [[ -z $status || $status == DELETE_COMPLETE || $status == REVIEW_IN_PROGRESS ]]
}

# output STACK NAME: the value of an output, in `answer`.
output() {
  call "read the outputs of $1" cloudformation describe-stacks --stack-name "$1" --output text \
    --query "Stacks[0].Outputs[?OutputKey=='$2'].OutputValue"
  [[ -n $answer && $answer != None ]] || fail "the stack $1 has no output $2. Run this again: what changes is deployed first."
}

# tags_of STACK: the tags of the stack that was looked at, in `answer`, one line each: key, tab, value.
tags_of() {
  answer=
  is_new && return
  call "read the tags of $1" cloudformation describe-stacks --stack-name "$1" --query 'Stacks[0].Tags[].[Key, Value]' --output text
  [[ $answer != None ]] || answer=
}

# is_given KEY: whether this run sets or removes that tag.
is_given() {
  local pair
  for pair in "${tags[@]}" ${untagged[@]+"${untagged[@]/%/=}"}; do
    [[ ${pair%%=*} != "$1" ]] || return 0
  done
  return 1
}

# inherited_value KEY: the tag's value in the first stack that has it, in `answer`.
inherited_value() {
  local pair
  for pair in ${inherited[@]+"${inherited[@]}"}; do
    [[ ${pair%%$'\t'*} != "$1" ]] || {
      answer=${pair#*$'\t'}
      return 0
    }
  done
  return 1
}

# Tags and boundary belong to the installation, not to a stack: those that this run does not set are taken from the existing
# stacks, also for stacks that have yet to be created. The boundary is in `boundary`, the stacks' tags are in `inherited`.
inherit() {
  local name stack key value own='' bounds='' known=no disagree=no
  for name in assets portal launch-roles portfolio; do
    stack=quartermaster-$name
    look "$stack"
    if is_new; then continue; fi
    tags_of "$stack"
    own=$answer
    while IFS=$'\t' read -r key value; do
      [[ -n $key && $key != Catalog && $key != [Aa][Ww][Ss]:* ]] || continue
      if is_given "$key"; then continue; fi
      ! is_reserved "$key" \
        || fail "$stack has the tag $key, which is the bot's: everything it tags would count as made by a request. Run this with --untag $key"
      if ! inherited_value "$key"; then
        inherited+=("$key"$'\t'"$value")
      elif [[ $answer != "$value" ]]; then
        printf '%s keeps the tag %s=%s, another stack has %s. --tag makes them the same.\n' "$stack" "$key" "$value" "$answer"
      fi
    done <<<"$own"
    call "read the parameters of $stack" cloudformation describe-stacks --stack-name "$stack" --output text \
      --query "Stacks[0].Parameters[?ParameterKey=='PermissionsBoundary'].[ParameterKey, ParameterValue]"
    [[ $answer == PermissionsBoundary* ]] || continue
    value=${answer#PermissionsBoundary}
    value=${value#$'\t'}
    [[ -n $value ]] || value=none
    bounds+="
  $stack: $value"
    [[ $known == no || $known == "$value" ]] || disagree=yes
    known=$value
  done
  [[ -z $boundary && $known != no ]] || return 0
  [[ $disagree == no ]] || fail "the stacks have different permissions boundaries:$bounds
Say which one holds with --boundary, and run this again."
  boundary=$known
}

# A text as a JSON string.
json() {
  local text=${1//\\/\\\\}
  printf '"%s"' "${text//\"/\\\"}"
}

confirm() {
  [[ $yes == no ]] || return 0
  [[ -t 0 ]] || fail "nobody is there to ask: use --yes, or --plan to look only"
  local said=
  read -r -p "Change this in account $account, $region? [y/N] " said || true
  [[ $said == [yY]* ]] || fail "stopped; $1 was not changed. Run this again whenever you like."
}

events_command() {
  printf '%s' "aws cloudformation describe-stack-events --stack-name $1 --query \"StackEvents[?ends_with(ResourceStatus, 'FAILED')].[LogicalResourceId, ResourceStatusReason]\" --output text"
}

# way_on STACK STATUS: why the run cannot continue with a stack in this state, and what to do.
# Source: StackStatus and the operations of CloudFormation in AWS's service model, botocore 1.44.8 (2026-11-29)
way_on() {
  local why again='then run this again.' commands=()
  case $2 in
    CREATE_FAILED)
      why='its first creation failed and was not rolled back. Roll it back,'
      commands=("aws cloudformation rollback-stack --stack-name $1 --retain-except-on-create")
      ;;
    ROLLBACK_COMPLETE)
      why='its first creation failed and was rolled back; only its name is left. Put right what the events name, delete the stack, wait a minute (until then SQS keeps the names of its queues), and'
      commands=("$(events_command "$1")" "aws cloudformation delete-stack --stack-name $1")
      ;;
    ROLLBACK_FAILED)
      why='its first creation failed, and so did rolling it back. Delete by hand what the events name (empty it or switch its deletion protection off first), then the stack, and'
      commands=("$(events_command "$1")" "aws cloudformation delete-stack --stack-name $1")
      ;;
    DELETE_FAILED)
      why='somebody was deleting it, and a resource could not be deleted. Put right what the events name, or keep it with --retain-resources, delete the stack, and'
      commands=("$(events_command "$1")" "aws cloudformation delete-stack --stack-name $1")
      ;;
    UPDATE_FAILED)
      why='a change failed and was not rolled back. Roll it back,'
      commands=("aws cloudformation rollback-stack --stack-name $1")
      ;;
    UPDATE_ROLLBACK_FAILED)
      why='a change failed, and so did rolling it back. Put right what the events name, continue the rollback, and'
      commands=("$(events_command "$1")" "aws cloudformation continue-update-rollback --stack-name $1")
      ;;
    IMPORT_ROLLBACK_FAILED)
      why='an import, not of this script, failed, and so did rolling it back. Put right what the events name, then repeat the import or ask AWS Support,'
      commands=("$(events_command "$1")")
      ;;
    *_IN_PROGRESS)
      why='an operation is in progress, of somebody else or of an earlier run. Wait until this shows another status,'
      commands=("aws cloudformation describe-stacks --stack-name $1 --query Stacks[0].StackStatus --output text")
      ;;
    *)
      why='this script does not know that status and leaves the stack alone. See what AWS says about it,'
      commands=("aws cloudformation describe-stacks --stack-name $1")
      ;;
  esac
  printf '%s is %s: %s %s' "$1" "$2" "$why" "$again"
  printf '\n    %s' "${commands[@]}"
}

# values STACK TEMPLATE [Name=value …]: the parameters in CloudFormation's format, in `values`. Those that are not named keep
# the stack's value.
values() {
  local template=$2 parameters name needed given value known='' list=''
  if ! is_new; then
    call "read the parameters of $1" cloudformation describe-stacks --stack-name "$1" --output text \
      --query 'Stacks[0].Parameters[].ParameterKey'
    known=$'\t'$answer$'\t'
  fi
  shift 2
  parameters=$(parameters_of "$template")
  for given in "$@"; do
    [[ -z ${given#*=} || $'\n'$parameters =~ $'\n'"${given%%=*}"([[:space:]]|$) ]] \
      || fail "$template has no parameter ${given%%=*}: take it over from the one that comes with this version"
  done
  while read -r name needed; do
    [[ -n $name ]] || continue
    value=
    for given in "$@"; do
      [[ ${given%%=*} != "$name" ]] || value="{\"ParameterKey\":\"$name\",\"ParameterValue\":$(json "${given#*=}")}"
    done
    if [[ -z $value ]]; then
      if [[ $known == *$'\t'"$name"$'\t'* ]]; then
        value="{\"ParameterKey\":\"$name\",\"UsePreviousValue\":true}"
      elif [[ -n $needed ]]; then
        fail "$name is needed the first time: see --help"
      else
        continue
      fi
    fi
    list+=${list:+,}$value
  done <<<"$parameters"
  values="[$list]"
}

# all_tags STACK: the tags of the stack, of the installation and of this run, in CloudFormation's format, in
# `all_tags`.
all_tags() {
  local key value pair list='' own=$'\n'
  tags_of "$1"
  while IFS=$'\t' read -r key value; do
    [[ -n $key && $key != [Aa][Ww][Ss]:* ]] || continue
    if is_given "$key"; then continue; fi
    own+=$key$'\n'
    list+="{\"Key\":$(json "$key"),\"Value\":$(json "$value")},"
  done <<<"$answer"
  for pair in ${inherited[@]+"${inherited[@]}"}; do
    key=${pair%%$'\t'*}
    [[ $own == *$'\n'"$key"$'\n'* ]] || list+="{\"Key\":$(json "$key"),\"Value\":$(json "${pair#*$'\t'}")},"
  done
  for pair in "${tags[@]}"; do
    list+="{\"Key\":$(json "${pair%%=*}"),\"Value\":$(json "${pair#*=}")},"
  done
  all_tags="[${list%,}]"
}

# draw STACK TEMPLATE KIND [Name=value …]: creates the plan; `changes` says whether anything changes.
draw() {
  local stack=$1 template=$2 kind=$3 body state why
  shift 3
  # CloudFormation accepts up to 51,200 bytes directly; longer templates have to come from a bucket.
  body=(--template-body "file://$template")
  if [[ $(wc -c <"$template") -gt 51200 ]]; then
    [[ -n $bucket ]] || fail "$template is longer than 51,200 bytes, and there is no bucket yet to send it from"
    upload "$template" "stacks/$(hash_of "$template").yml"
    body=(--template-url "$asset_url/stacks/$(hash_of "$template").yml")
  fi
  values "$stack" "$template" "$@"
  all_tags "$stack"
  made=no
  [[ -n $status ]] || made=yes
  drawn_on=$stack
  drawn_id=
  drawn=quartermaster-$(date -u +%Y%m%d%H%M%S)-$$-$RANDOM
  call "make a plan for $stack" cloudformation create-change-set --stack-name "$stack" --change-set-name "$drawn" \
    --change-set-type "$kind" "${body[@]}" --parameters "$values" --tags "$all_tags" --capabilities CAPABILITY_NAMED_IAM
  # This also fails for a plan without changes; the change set's own status says which it is.
  try cloudformation wait change-set-create-complete --stack-name "$stack" --change-set-name "$drawn" || true
  call "read the plan for $stack" cloudformation describe-change-set --stack-name "$stack" --change-set-name "$drawn" \
    --query '[Status, StatusReason]' --output text
  IFS=$'\t' read -r state why <<<"$answer"
  case $state in
    CREATE_COMPLETE)
      changes=yes
      return
      ;;
    FAILED)
      # AWS's own command line recognizes it by the same words.
      if [[ $why == *"didn't contain changes"* || $why == *'No updates are to be performed'* ]]; then
        changes=no
        return
      fi
      refusal=$why
      ;;
    *) refusal="the plan is $state" ;;
  esac
  stop "there is no plan for $stack"
}

# carry_out STACK KIND: executes the plan and waits until it has ended.
carry_out() {
  local stack=$1 kind=$2 id=$drawn went_wrong
  begun=$stack
  if ! try cloudformation execute-change-set --stack-name "$stack" --change-set-name "$id" --client-request-token "$id"; then
    # It may have begun anyway, if only the answer was lost.
    went_wrong=$refusal
    call "find out whether the change of $stack has begun" cloudformation describe-change-set --stack-name "$stack" \
      --change-set-name "$id" --query ExecutionStatus --output text
    refusal=$went_wrong
    if [[ $answer == AVAILABLE ]]; then
      begun=
      stop "cannot change $stack, and nothing was changed"
    fi
  fi
  drawn=
  try cloudformation wait "stack-$kind-complete" --stack-name "$stack" || true
  look "$stack"
  begun=
  [[ $status != *_IN_PROGRESS ]] || fail "$(way_on "$stack" "$status")"
  if ! try cloudformation describe-stack-events --stack-name "$stack" --output text --query \
    "StackEvents[?ClientRequestToken=='$id' && ends_with(ResourceStatus, 'FAILED')].[LogicalResourceId, PhysicalResourceId, ResourceStatus, ResourceStatusReason]"; then
    printf 'deploy: cannot read what happened to the resources of %s:\n  %s\n    %s\n' "$stack" "$refusal" "$(events_command "$stack")" >&2
    answer=
  fi
  [[ $answer != None ]] || answer=
  case $status in
    CREATE_COMPLETE | UPDATE_COMPLETE)
      # CloudFormation reports a change as complete even if it could not remove something.
      [[ -z $answer ]] || printf '%s\ndeploy: %s is %s all the same. What is named above and could not be removed belongs to no stack any more: remove it by hand.\n' \
        "$answer" "$stack" "$status" >&2
      [[ -z $reason || $reason == None ]] || printf 'deploy: AWS says of %s: %s\n' "$stack" "$reason" >&2
      return 0
      ;;
  esac
  if [[ -n $answer ]]; then
    printf '%s\n' "$answer" >&2
    if [[ $answer == *[Aa]'lready exists'* || $answer == *AlreadyExists* ]]; then
      if [[ $stack == quartermaster-launch-roles ]]; then
        printf '%s\n' 'Roles belong to the account, not to a region, and one account takes one portal: where another region has a stack quartermaster-launch-roles, what exists already is what the portal there needs to launch and to remove its products. Leave it alone, and take the stacks in this region away again: infra/README.md, "Remove it". Delete a role only where no region has that stack.' >&2
      else
        printf '%s\n' 'What exists already was left by an earlier installation: infra/README.md, "Remove it", says how to go on with it or without it.' >&2
      fi
    fi
  fi
  [[ $status != UPDATE_ROLLBACK_COMPLETE ]] \
    || fail "$stack was not changed: it was rolled back to what it was. Put right what is named above and run this again."
  fail "$(way_on "$stack" "$status")"
}

# deploy NAME TEMPLATE [Name=value …]: the stack quartermaster-NAME.
deploy() {
  local stack=quartermaster-$1 template=$2 kind
  shift 2
  printf '\n%s (%s)\n' "$stack" "$template"
  look "$stack"
  case $status in
    '' | DELETE_COMPLETE | REVIEW_IN_PROGRESS) kind=create ;;
    CREATE_COMPLETE | UPDATE_COMPLETE | UPDATE_ROLLBACK_COMPLETE | IMPORT_COMPLETE | IMPORT_ROLLBACK_COMPLETE) kind=update ;;
    *) fail "$(way_on "$stack" "$status")" ;;
  esac
  draw "$stack" "$template" "$(tr '[:lower:]' '[:upper:]' <<<"$kind")" "$@"
  if [[ $changes == yes ]]; then
    call "read the plan for $stack" cloudformation describe-change-set --stack-name "$stack" --change-set-name "$drawn" \
      --query 'Changes[].ResourceChange.[Action, Replacement, LogicalResourceId, ResourceType]' --output text
    printf '  %s\n' "${answer//$'\n'/$'\n'  }"
  else
    discard
    printf '  nothing changes\n'
  fi
  [[ $protected == True ]] || printf '  Protect\tNone\tthe stack itself, against deletion\n'
  [[ $changes == yes || $protected != True ]] || return 0
  if [[ $plan == yes ]]; then
    [[ -z $drawn ]] || discard
    return 0
  fi
  confirm "$stack"
  [[ $changes == no ]] || carry_out "$stack" "$kind"
  [[ $protected == True ]] || call "protect $stack against deletion" cloudformation update-termination-protection \
    --stack-name "$stack" --enable-termination-protection
  printf '  done\n'
}

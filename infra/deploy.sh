#!/usr/bin/env bash
# Deploys Quartermaster to the account and region of the AWS command line: bucket, templates, portal, launch roles,
# portfolio. Each stack shows what would change and asks before it changes anything. What has not changed is left
# alone, so this can be run again at any time.
#
#   infra/deploy.sh --vpc vpc-… --subnets subnet-…,subnet-… [Name=value …]
#
#   --vpc, --subnets   where the bot runs; needed the first time, kept afterwards
#   --image URI        the bot's image by digest; until there is one the bot is not started
#   --plan             only show what would change
#   --yes              do not ask
#   Name=value         any other parameter of portal.yml, such as AssignPublicIp=ENABLED; kept afterwards
#
# Needs aws (version 2) and sha256sum. No secret passes through here: README.md says how to store Slack's.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

fail() {
  printf 'deploy: %s\n' "$*" >&2
  exit 1
}

plan=no
yes=no
portal_parameters=()
while [[ $# -gt 0 ]]; do
  case $1 in
    --plan) plan=yes ;;
    --yes) yes=yes ;;
    --vpc | --subnets | --image)
      [[ -n ${2:-} ]] || fail "$1 needs a value"
      case $1 in
        --vpc) portal_parameters+=("VpcId=$2") ;;
        --subnets) portal_parameters+=("SubnetIds=$2") ;;
        --image) portal_parameters+=("ImageUri=$2") ;;
      esac
      shift
      ;;
    -h | --help)
      sed -n '2,/^set /s/^# \{0,1\}//p' infra/deploy.sh
      exit 0
      ;;
    [A-Z]*=*) portal_parameters+=("$1") ;;
    *) fail "unknown argument: $1 (--help explains them all)" ;;
  esac
  shift
done

command -v aws >/dev/null || fail "aws is missing: install the AWS command line, version 2"
command -v sha256sum >/dev/null || fail "sha256sum is missing: install GNU coreutils"
export AWS_PAGER=
region=${AWS_REGION:-${AWS_DEFAULT_REGION:-$(aws configure get region || true)}}
[[ -n $region ]] || fail "no region: set AWS_REGION"
export AWS_REGION=$region AWS_DEFAULT_REGION=$region
account=$(aws sts get-caller-identity --query Account --output text) || fail "no access to AWS: log in first"

hash_of() {
  sha256sum "$1" | cut -d ' ' -f 1
}

status_of() {
  aws cloudformation describe-stacks --stack-name "$1" --query 'Stacks[0].StackStatus' --output text 2>/dev/null || true
}

exists() {
  local status
  status=$(status_of "$1")
  [[ -n $status && $status != REVIEW_IN_PROGRESS ]]
}

# output STACK NAME
output() {
  local value
  value=$(aws cloudformation describe-stacks --stack-name "$1" --output text \
    --query "Stacks[0].Outputs[?OutputKey=='$2'].OutputValue")
  [[ -n $value && $value != None ]] || fail "the stack $1 has no output $2: deploy it first"
  printf '%s' "$value"
}

confirm() {
  [[ $yes == no ]] || return 0
  [[ -t 0 ]] || fail "nobody is there to ask: use --yes, or --plan to look only"
  local answer
  read -r -p "Change this in account $account, $region? [y/N] " answer
  [[ $answer == [yY]* ]] || fail "stopped; $1 was not changed"
}

# Removes a change set that will not be executed, and the empty stack that was made to hold it.
forget() {
  aws cloudformation delete-change-set --change-set-name "$2"
  exists "$1" || aws cloudformation delete-stack --stack-name "$1"
}

# deploy NAME [Name=value …]: the stack quartermaster-NAME from NAME.yml. What is not named keeps its value.
deploy() {
  local stack=quartermaster-$1 template=infra/$1.yml done_when=update report change_set
  shift
  printf '\n%s (%s)\n' "$stack" "$template"
  exists "$stack" || done_when=create
  local options=(--stack-name "$stack" --template-file "$template" --no-execute-changeset --no-fail-on-empty-changeset
    --capabilities CAPABILITY_NAMED_IAM --tags ManagedBy=quartermaster)
  # CloudFormation takes up to 51,200 bytes directly; what is longer has to come from a bucket.
  [[ $(wc -c <"$template") -le 51200 ]] || options+=(--s3-bucket "$bucket" --s3-prefix stacks)
  [[ $# -eq 0 ]] || options+=(--parameter-overrides "$@")
  report=$(aws cloudformation deploy "${options[@]}") || fail "$stack: no plan could be made"
  change_set=$(grep -o 'arn:[^ ]*:changeSet/[^ ]*' <<<"$report" || true)
  if [[ -z $change_set ]]; then
    printf '  nothing changes\n'
    return
  fi
  aws cloudformation describe-change-set --change-set-name "$change_set" --output text \
    --query 'Changes[].ResourceChange.[Action, Replacement, LogicalResourceId, ResourceType]' | sed 's/^/  /'
  if [[ $plan == yes ]]; then
    forget "$stack" "$change_set"
    return
  fi
  confirm "$stack"
  aws cloudformation execute-change-set --change-set-name "$change_set"
  if ! aws cloudformation wait "stack-$done_when-complete" --stack-name "$stack"; then
    aws cloudformation describe-stack-events --stack-name "$stack" --output text \
      --query "StackEvents[?ends_with(ResourceStatus, 'FAILED')].[LogicalResourceId, ResourceStatusReason]" >&2
    fail "$stack was rolled back: see above"
  fi
  printf '  done\n'
}

# upload FILE KEY: once; the key holds the hash of the content.
upload() {
  if [[ $plan == yes ]] || aws s3api head-object --bucket "$bucket" --key "$2" >/dev/null 2>&1; then
    return
  fi
  aws s3api put-object --bucket "$bucket" --key "$2" --body "$1" >/dev/null
  printf 'uploaded %s\n' "$2"
}

# The templates of the products, each under the hash that portfolio.yml names.
upload_products() {
  local path hash key
  while read -r path; do
    IFS=/ read -r _ hash key <<<"${path%.yml}"
    [[ $(hash_of "catalog/$key/template.yml") == "$hash" ]] \
      || fail "infra/portfolio.yml is out of date: quartermaster catalog template > infra/portfolio.yml"
    upload "catalog/$key/template.yml" "$path"
  done < <(grep -oE 'products/[0-9a-f]{64}/[a-z0-9-]+\.yml' infra/portfolio.yml)
}

deploy assets
if ! exists quartermaster-assets; then
  printf '\nAll else is read from that bucket: there is no plan for it before the bucket is there.\n'
  exit 0
fi
bucket=$(output quartermaster-assets AssetBucket)

machine=machine/$(hash_of infra/provisioning.asl.json)/provisioning.asl.json
upload infra/provisioning.asl.json "$machine"
deploy portal "AssetBucket=$bucket" "MachineKey=$machine" ${portal_parameters[@]+"${portal_parameters[@]}"}

deploy launch-roles
upload_products
if exists quartermaster-portal; then
  deploy portfolio "AssetUrl=$(output quartermaster-assets AssetUrl)" \
    "BotRoleArn=$(output quartermaster-portal BotRoleArn)"
fi

[[ $plan == no ]] || exit 0

# parameter NAME: as the portal has it now, whoever set it.
parameter() {
  aws cloudformation describe-stacks --stack-name quartermaster-portal --output text \
    --query "Stacks[0].Parameters[?ParameterKey=='$1'].ParameterValue"
}

transport=$(parameter Transport)
events=$(parameter EventsTopicArn)
case $transport in
  socket)
    app='manifest.yml: the link in docs/slack-setup.md makes it. Slack is told no address.'
    server=
    ;;
  http)
    app='printed by: quartermaster manifest --url https://NAME, with the name in the certificate for NAME.'
    server=$'\n[server]\nlisten = "0.0.0.0:3000"\n'
    ;;
  *) fail "the portal has the transport \`$transport\`, which is neither socket nor http" ;;
esac
cat <<END

The Slack app is $app

For quartermaster.toml:
$server
[slack]
transport = "$transport"

[backend]
store = "dynamodb:ProvisioningRequests"
workflow = "step-functions:$(output quartermaster-portal StateMachineArn)"
provisioner = "service-catalog"
queue = "$(output quartermaster-portal QueueUrl)"

[aws]
portfolio = "$(output quartermaster-portfolio PortfolioId)"
END
[[ -z $events || $events == None ]] || printf '\n[events]\ntopic = "%s"\n' "$events"
